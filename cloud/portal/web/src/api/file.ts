import { t } from "../text/t";
import { Problem } from "./problem";

/** The most bytes that the API takes: of a sheet of a site (sheet.MaxFile), and of any other file (maxBody). */
export const mostSheet = 16 << 20;
export const mostFile = 1 << 20;

/** What makes a file the body of a request. One that is too long is refused here: a browser hears no answer while it still sends. */
export function fileBody(file: File, most: number, type = "application/octet-stream") {
  if (file.size > most) {
    const message = t("problem.file_too_long", { n: String(most >> 20) });
    throw new Problem(413, "limit", message, { file: message });
  }
  return { body: file as unknown as string, bodySerializer: (body: unknown) => body as File, headers: { "Content-Type": type } };
}
