// On every page of the staff: a recording that a crash cut off is sent on.
import { keptRecordings } from "../room/disk.js";

const script = "/static/rescue-pack.js";

async function bring(): Promise<void> {
  if (!(await keptRecordings()).length) return;
  const { rescueAll } = (await import(script)) as typeof import("./pack.js");
  await rescueAll();
}

if (isSecureContext && "storage" in navigator) void bring().catch(() => undefined);
