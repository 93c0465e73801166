// The clusters of a recording as a film that any player takes: with its
// duration, with cues, and with time 0 at its own beginning. Nothing is coded
// anew.
import {
  BlobSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  Output,
  WEBM,
  WebMOutputFormat,
  type EncodedPacket,
  type InputAudioTrack,
  type InputVideoTrack,
} from "mediabunny";

/** A run of clusters of one part. */
export interface Stretch {
  track: number;
  codec: number; // of the records
  from: number; // ms of the recording at which the part began: its container's time 0
  end: number; // ms of the recording at which the last record ends
  head: Uint8Array;
  clusters: Blob[];
}

export interface Film {
  from: number; // ms of the recording at its time 0
  to: number;
  file: Blob;
}

/** A track of a container in a stretch, and the packets it begins with. */
interface Run {
  track: InputVideoTrack | InputAudioTrack;
  sink: EncodedPacketSink;
  first: EncodedPacket;
  at: number; // s of the recording at the container's time 0
}

/** Joins stretches of one track and one codec, in their order. */
export async function remux(stretches: Stretch[]): Promise<Film> {
  const inputs = stretches.map((s) => new Input({ source: new BlobSource(new Blob([s.head, ...s.clusters] as BlobPart[])), formats: [WEBM] }));
  const pictures: Run[] = [];
  const sounds: Run[] = [];
  for (const [i, input] of inputs.entries()) {
    const at = stretches[i]!.from / 1000;
    for (const [track, into] of [[await input.getPrimaryVideoTrack(), pictures], [await input.getPrimaryAudioTrack(), sounds]] as const) {
      if (!track) continue;
      const sink = new EncodedPacketSink(track);
      const first = await sink.getFirstKeyPacket(); // a picture that refers to one before can't be shown
      if (first) into.push({ track, sink, first, at });
    }
  }
  const begin = Math.min(...[...pictures, ...sounds].map((r) => r.at + r.first.timestamp));
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const pumps: (() => Promise<void>)[] = [];
  if (pictures.length) {
    const source = new EncodedVideoPacketSource((await pictures[0]!.track.getCodec()) as ConstructorParameters<typeof EncodedVideoPacketSource>[0]);
    output.addVideoTrack(source);
    pumps.push(() => pump(pictures, begin, (p, meta) => source.add(p, meta as EncodedVideoChunkMetadata), () => source.close()));
  }
  if (sounds.length) {
    const source = new EncodedAudioPacketSource((await sounds[0]!.track.getCodec()) as ConstructorParameters<typeof EncodedAudioPacketSource>[0]);
    output.addAudioTrack(source);
    pumps.push(() => pump(sounds, begin, (p, meta) => source.add(p, meta as EncodedAudioChunkMetadata), () => source.close()));
  }
  await output.start();
  await Promise.all(pumps.map((run) => run())); // side by side, as they lie in the file
  await output.finalize();
  for (const input of inputs) input.dispose();
  return { from: Math.round(begin * 1000), to: stretches.at(-1)!.end, file: new Blob([output.target.buffer!], { type: "video/webm" }) };
}

/** Copies the packets of runs, one after the other, on one clock. */
async function pump(runs: Run[], begin: number, add: (p: EncodedPacket, meta?: unknown) => Promise<void>, close: () => void): Promise<void> {
  let meta: unknown = { decoderConfig: await runs[0]!.track.getDecoderConfig() };
  for (const { sink, first, at } of runs) {
    let before = first;
    for await (const packet of sink.packets(first)) {
      const timestamp = Math.max(0, at + packet.timestamp - begin);
      await add(packet.clone({ timestamp, duration: packet.duration || before.duration }), meta); // the last of a run doesn't say how long it is
      meta = undefined;
      before = packet;
    }
  }
  close();
}
