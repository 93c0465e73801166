// The server's side of a recording, as its routes answer (docs/api.md).
import { get } from "../staff/http.js";

export interface Ready {
  now: number; // server's clock, Unix ms
  need: number; // bytes
  free: number;
  room: boolean; // free is enough
  level: "audio" | "video";
  met: boolean; // by the tracks asked for
}

export interface Begun {
  id: string;
  case_key: string;
  recovery: string;
  level: string;
  started: number; // Unix ms of the server
}

export interface Mark {
  n: number; // in the order in which they were set; 0 for a topic that was linked afterwards
  kind: string;
  mono: number;
  code: string;
  sealed?: string;
  by?: string;
  linked?: number; // the number of a topic that was linked afterwards
}

export interface PartState {
  track: number;
  part: number;
  codec: number;
  next: number;
  from: number;
  to: number;
  head: string;
  open: boolean;
}

export interface State {
  id: string;
  running: boolean;
  sealed: boolean;
  started: number;
  now: number;
  copies: number;
  mirrored: boolean;
  alone: boolean; // there is no second copy to wait for
  watchers: { name: string; room: string }[];
  marks: Mark[];
  gaps: { track: number; from: number; to: number; reason: string }[];
  parts: PartState[];
  alarms?: { kind: string }[]; // that are on in the recorder
  level_unmet?: string; // rules that demand a picture since it became a formal report, or ""
}

export const state = (id: string): Promise<State> => get(`/record/${id}/state`);

export interface Clocked {
  ready: Ready;
  offset: number; // server's clock minus ours, ms
  error: number; // at most this much off, ms
}

/** Asks what pre-flight needs, three times for the clock, and keeps the quickest answer's. */
export async function ready(query: URLSearchParams): Promise<Clocked> {
  let best: Clocked | undefined;
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    const answer = await get<Ready>(`/record/ready?${query}`);
    const error = (performance.now() - from) / 2;
    if (!best || error < best.error) best = { ready: answer, offset: answer.now - (Date.now() - error), error };
  }
  return best!;
}

/** The recording's own clock: it never jumps, whatever is done to the computer's. */
export class Clock {
  private from = performance.now();
  private readonly drift = Date.now() - performance.now();

  /** mono is the recording's time now, in ms. */
  constructor(private readonly begun: number) {}

  static of(started: number, offset: number): Clock {
    return new Clock(Math.max(0, Math.round(Date.now() + offset - started)));
  }

  now(): number {
    return Math.round(this.begun + performance.now() - this.from);
  }

  /** Goes on by a sleep, through which the computer's own counter stood still on some systems. */
  slept(ms: number): void {
    this.from -= ms;
  }

  /** How far the computer's clock went from ours since the beginning, in ms. */
  jump(): number {
    return Date.now() - performance.now() - this.drift;
  }
}
