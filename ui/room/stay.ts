// Somebody who records, watches or listens works, though no key is touched: the
// other tabs and the server are told, so that nothing locks meanwhile.
import { post } from "../staff/http.js";

const every = 60_000;

/** Says "still here" while busy gives true; ends with the function it gives. */
export function stayAwake(busy: () => boolean): () => void {
  const tabs = new BroadcastChannel("verhaal.touch");
  const timer = setInterval(() => {
    if (!busy()) return;
    tabs.postMessage(Date.now());
    void post("/staff/seen").catch(() => undefined);
  }, every);
  return () => {
    clearInterval(timer);
    tabs.close();
  };
}
