// What the recorder's page and its worker say to each other.
import type { Codec, Part } from "./chunk.js";
import type { Held } from "./frames.js";
import type { Trouble } from "./uplink.js";

export type ToWorker =
  | { do: "part"; part: Part; codec: Codec; a: Uint8Array; b: Uint8Array; token: string; started: number; logKey: string }
  | { do: "piece"; track: number; bytes: ArrayBuffer; mono: number; wall: number; last: boolean }
  | { do: "veil"; on: boolean; mono: number }
  | { do: "hurry" };

/** How far a track is: ms of the recording on the own disk, and at the server. */
export interface Progress {
  track: number;
  part: number;
  kept: number;
  acked: number;
  waiting: number; // bytes that no server has yet
  trouble: Trouble | "disk";
  picture?: Held | undefined; // what its last seconds hold
}

export type FromWorker =
  | { said: "progress"; progress: Progress }
  | { said: "ended"; track: number; part: number; end: number }
  | { said: "fault"; track: number; what: "container" };

/** Said each second, so that a page knows that its worker lives. */
export type Alive = { said: "alive" };
