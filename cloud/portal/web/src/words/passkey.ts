// What browsers and the API say to each other about passkeys: JSON with base64url on the line, buffers in the browser (WebAuthn 5.1.8, 5.1.9).

/** Bytes as base64url without padding. */
export function toBase64url(bytes: ArrayBuffer | ArrayBufferView): string {
  const raw = ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);
  let text = "";
  for (const b of raw) text += String.fromCharCode(b);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Base64url as bytes. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

interface Described { id: string; type: "public-key"; transports?: string[] }

interface Creation {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Described[];
}

interface Request {
  challenge: string;
  allowCredentials?: Described[];
}

const described = (list: Described[] | undefined) => list?.map((c) => ({ ...c, id: fromBase64url(c.id) })) as PublicKeyCredentialDescriptor[] | undefined;

/** Options of the API as credentials.create takes them. */
export function creationOptions(json: unknown): PublicKeyCredentialCreationOptions {
  const o = json as Creation;
  const out = {
    ...o,
    challenge: fromBase64url(o.challenge),
    user: { ...o.user, id: fromBase64url(o.user.id) },
    excludeCredentials: described(o.excludeCredentials),
  };
  return out as unknown as PublicKeyCredentialCreationOptions;
}

/** Options of the API as credentials.get takes them. */
export function requestOptions(json: unknown): PublicKeyCredentialRequestOptions {
  const o = json as Request;
  return { ...o, challenge: fromBase64url(o.challenge), allowCredentials: described(o.allowCredentials) } as PublicKeyCredentialRequestOptions;
}

const head = (c: PublicKeyCredential) => ({
  id: c.id,
  rawId: toBase64url(c.rawId),
  type: c.type,
  authenticatorAttachment: c.authenticatorAttachment ?? undefined,
  clientExtensionResults: {},
});

/** A credential that was just made, as the API takes it. */
export function registration(c: PublicKeyCredential): object {
  const r = c.response as AuthenticatorAttestationResponse;
  const transports = typeof r.getTransports === "function" ? r.getTransports() : [];
  return { ...head(c), response: { clientDataJSON: toBase64url(r.clientDataJSON), attestationObject: toBase64url(r.attestationObject), transports } };
}

/** A credential that was just used, as the API takes it. */
export function assertion(c: PublicKeyCredential): object {
  const r = c.response as AuthenticatorAssertionResponse;
  return {
    ...head(c),
    response: {
      clientDataJSON: toBase64url(r.clientDataJSON),
      authenticatorData: toBase64url(r.authenticatorData),
      signature: toBase64url(r.signature),
      userHandle: r.userHandle ? toBase64url(r.userHandle) : undefined,
    },
  };
}

/** Why passkeys cannot be used here; empty when they can. */
export type Obstacle = "" | "browser" | "no_host" | "other_host";

/** What stands in the way of passkeys: the browser, a service without a host name, or a page opened under another name than that of the passkeys. */
export function obstacle(supported: boolean, host: string | undefined, here: string): Obstacle {
  if (host === "") return "no_host";
  if (host !== undefined && host !== here && !here.endsWith(`.${host}`)) return "other_host";
  return supported ? "" : "browser";
}

/** Whether this browser knows passkeys at all; only on pages over TLS or of this machine. */
export function browserKnowsPasskeys(): boolean {
  return typeof window !== "undefined" && window.isSecureContext && typeof window.PublicKeyCredential === "function" && Boolean(navigator.credentials);
}

/** What a person did not want or a device did not do, as a word of the list passkey.why_*. */
export type Why = "cancelled" | "known" | "failed";

/** Reads why a browser gave no credential. */
export function why(err: unknown): Why {
  const name = err instanceof DOMException || err instanceof Error ? err.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "cancelled";
  return name === "InvalidStateError" ? "known" : "failed";
}
