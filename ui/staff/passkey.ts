// Passkeys with the PRF extension (WebAuthn Level 3, section 10.1.4). What a
// PRF gives stays here: the server gets signatures only.
import { base64urlnopad } from "@scure/base";

/** What every passkey's PRF is asked for; another text would give other keys. */
const prfInput = new TextEncoder().encode("verhaal/v1/passkey");

export interface Ceremony {
  options: any; // the JSON form of the options for navigator.credentials
  state: string;
}

export interface Answer {
  id: string;
  credential: unknown; // for the server
  prf?: Uint8Array;
}

export const passkeysWork = (): boolean => isSecureContext && "PublicKeyCredential" in window;

const bytes = (text: string): BufferSource => base64urlnopad.decode(text.replace(/=+$/, "")) as BufferSource;
const text = (b: ArrayBuffer): string => base64urlnopad.encode(new Uint8Array(b));
const listed = (list: { id: string }[] | undefined) => (list ?? []).map((c) => ({ ...c, id: bytes(c.id) })) as PublicKeyCredentialDescriptor[];

/** Makes a passkey; when it can't give its PRF at once it is asked a second time. */
export async function makePasskey(options: any): Promise<Answer> {
  const made = (await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
      extensions: { prf: { eval: { first: prfInput } } },
    },
  })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  const outputs = made.getClientExtensionResults().prf;
  let prf = first(outputs);
  if (!prf && outputs?.enabled) prf = (await evaluate([made.id]))?.prf;
  return {
    id: made.id,
    prf,
    credential: {
      ...plain(made),
      response: {
        clientDataJSON: text(response.clientDataJSON),
        attestationObject: text(response.attestationObject),
        transports: response.getTransports(),
      },
    },
  };
}

/** Signs in with whichever passkey the person picks. */
export async function usePasskey(options: any): Promise<Answer> {
  return ask({ ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) });
}

/** Only the PRF of one of these passkeys; nobody checks the signature. */
export async function evaluate(ids: string[]): Promise<Answer> {
  return ask({
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    allowCredentials: listed(ids.map((id) => ({ id, type: "public-key" }))),
    userVerification: "required",
  });
}

async function ask(publicKey: PublicKeyCredentialRequestOptions): Promise<Answer> {
  const got = (await navigator.credentials.get({
    publicKey: { ...publicKey, extensions: { prf: { eval: { first: prfInput } } } },
  })) as PublicKeyCredential;
  const response = got.response as AuthenticatorAssertionResponse;
  return {
    id: got.id,
    prf: first(got.getClientExtensionResults().prf),
    credential: {
      ...plain(got),
      response: {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : undefined,
      },
    },
  };
}

function plain(c: PublicKeyCredential) {
  return { id: c.id, rawId: text(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment ?? undefined };
}

function first(prf: AuthenticationExtensionsPRFOutputs | undefined): Uint8Array | undefined {
  const value = prf?.results?.first;
  if (!value) return undefined;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
