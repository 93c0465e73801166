// The server's receipt for records: signed with the key of the custody log.
import { ed25519 } from "@noble/curves/ed25519.js";
import { unb64 } from "../seal/bytes.js";
import type { Part } from "./chunk.js";

/** What a server answers to records: the last seq it has, its hash, and a signature over both. */
export interface Ack {
  seq: number;
  head: string;
  ack: string;
}

const text = new TextEncoder();

/** Says whether the log's key signed that the part up to seq is durable. */
export function acknowledged(p: Part, ack: Ack, key: Uint8Array): boolean {
  const said = `verhaal/ack\n${p.recording}\n${p.track}\n${p.part}\n${ack.seq}\n${ack.head}\n`;
  return ed25519.verify(unb64(ack.ack), text.encode(said), key);
}

/** The Ed25519 key inside a log's verifier key ("name+hash+base64", C2SP signed-note). */
export function keyOf(vkey: string): Uint8Array | undefined {
  const [, key] = /^[^+]+\+[0-9a-f]{8}\+(.+)$/.exec(vkey) ?? [];
  return key ? unb64(key).subarray(1) : undefined;
}
