import { expect, test } from "vitest";
import { assertion, creationOptions, fromBase64url, obstacle, registration, requestOptions, toBase64url, why } from "./passkey";

test("bytes survive base64url", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = toBase64url(bytes);
  expect(text).not.toMatch(/[+/=]/);
  expect(fromBase64url(text)).toEqual(bytes);
  expect(toBase64url(bytes.buffer)).toBe(text);
  expect(toBase64url(new Uint8Array(bytes.buffer, 1, 2))).toBe("AQI");
});

test("options turn text into bytes and keep the rest", () => {
  const made = creationOptions({ challenge: "AQI", user: { id: "Aw", name: "a", displayName: "A" }, excludeCredentials: [{ id: "BA", type: "public-key" }], timeout: 5 });
  expect(made.challenge).toEqual(Uint8Array.of(1, 2));
  expect(made.user.id).toEqual(Uint8Array.of(3));
  expect(made.excludeCredentials?.[0]?.id).toEqual(Uint8Array.of(4));
  expect(made.timeout).toBe(5);
  const asked = requestOptions({ challenge: "AQI", rpId: "localhost" });
  expect(asked.challenge).toEqual(Uint8Array.of(1, 2));
  expect(asked.allowCredentials).toBeUndefined();
});

test("answers turn bytes into text", () => {
  const bytes = (...of: number[]) => Uint8Array.from(of).buffer;
  const head = { id: "AQ", rawId: bytes(1), type: "public-key", authenticatorAttachment: null };
  const made = { ...head, response: { clientDataJSON: bytes(2), attestationObject: bytes(3), getTransports: () => ["internal"] } };
  expect(registration(made as unknown as PublicKeyCredential)).toEqual({
    id: "AQ", rawId: "AQ", type: "public-key", authenticatorAttachment: undefined, clientExtensionResults: {},
    response: { clientDataJSON: "Ag", attestationObject: "Aw", transports: ["internal"] },
  });
  const used = { ...head, response: { clientDataJSON: bytes(2), authenticatorData: bytes(3), signature: bytes(4), userHandle: null } };
  expect(assertion(used as unknown as PublicKeyCredential)).toMatchObject({ response: { authenticatorData: "Aw", signature: "BA", userHandle: undefined } });
});

test("what stands in the way is named", () => {
  expect(obstacle(true, "doors.example.com", "doors.example.com")).toBe("");
  expect(obstacle(true, "example.com", "doors.example.com")).toBe("");
  expect(obstacle(true, "localhost", "127.0.0.1")).toBe("other_host");
  expect(obstacle(true, "", "192.0.2.1")).toBe("no_host");
  expect(obstacle(false, "localhost", "localhost")).toBe("browser");
  expect(why(new DOMException("", "NotAllowedError"))).toBe("cancelled");
  expect(why(new DOMException("", "InvalidStateError"))).toBe("known");
  expect(why(undefined)).toBe("failed");
});
