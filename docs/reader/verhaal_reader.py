#!/usr/bin/env python3
"""Verify and open recordings of Verhaal, without Verhaal.

Written from docs/chunk-format.md alone, as proof that nobody is locked in. It
checks an unpacked export or excerpt (records, chains, trees, the hashes in the
manifest, the log's proof) with Python's standard library only. It does not look
at the films of a court pack, and names what it did not check. Two things need
the package "cryptography" (Debian: python3-cryptography): the signatures
(Ed25519), and decrypting (AES-256-GCM).

  verhaal_reader.py DIR                          verify
  verhaal_reader.py DIR --log-key KEY            verify, signatures by this key
  verhaal_reader.py DIR --out FOLDER             also write WebM of what has keys
  verhaal_reader.py --vectors vectors.json       run the test vectors

Keys are read from DIR/keys.json, or derived from DIR/release.json and --share
TRACK-PART=BASE64 (share A, which `age -d -i KEY shares/0-0.age` prints).
Exit status: 0 sound, 1 a fault was found, 2 nothing could be checked.
"""
import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import struct
import sys

try:
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    AESGCM = Ed25519PublicKey = None

HEADER = struct.Struct(">4sBBBB16sHIIQQI32sI")  # 90 bytes
CODECS = {1: "webm", 2: "webm", 3: "webm", 4: "webm"}
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()


class Fault(Exception):
    """Something is not what it must be."""


# --- CRC-32C (Castagnoli), eight bytes at a time -----------------------------
def _tables():
    first = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        first.append(n)
    tables = [first]
    for _ in range(7):
        tables.append([first[c & 255] ^ c >> 8 for c in tables[-1]])
    return tables


T = _tables()


def crc32c(data):
    t0, t1, t2, t3, t4, t5, t6, t7 = T
    crc, whole = 0xFFFFFFFF, len(data) // 8 * 8
    for a, b in struct.iter_unpack("<II", data[:whole]):
        a ^= crc
        crc = (t7[a & 255] ^ t6[a >> 8 & 255] ^ t5[a >> 16 & 255] ^ t4[a >> 24]
               ^ t3[b & 255] ^ t2[b >> 8 & 255] ^ t1[b >> 16 & 255] ^ t0[b >> 24])
    for c in data[whole:]:
        crc = t0[(crc ^ c) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


# --- Records ------------------------------------------------------------------
class Record:
    def __init__(self, data):
        if len(data) < HEADER.size:
            raise Fault("incomplete" if data[:4] == b"VHC1"[:len(data[:4])] else "malformed")
        (magic, version, self.flags, self.codec, self.track, self.recording, self.part, self.seq, self.minute,
         self.mono, self.wall, self.duration, self.prev, n) = HEADER.unpack_from(data)
        if (magic != b"VHC1" or version != 1 or self.flags > 15 or self.codec not in CODECS or self.track > 3
                or (self.flags & 1) != (self.seq == 0) or self.minute != self.mono // 60000 or self.wall >= 1 << 53
                or self.mono + self.duration > (self.minute + 1) * 60000 or not 16 <= n <= 4 << 20):
            raise Fault("malformed")
        size = HEADER.size + n + 4
        if len(data) < size:
            raise Fault("incomplete")
        self.raw = bytes(data[:size])
        if crc32c(self.raw[:-4]) != struct.unpack(">I", self.raw[-4:])[0]:
            raise Fault("damaged")
        self.hash = sha256(self.raw)

    def open(self, key):
        nonce = bytes(8) + struct.pack(">I", self.seq)
        return AESGCM(key).decrypt(nonce, self.raw[HEADER.size:-4], self.raw[:HEADER.size])


def records(data):
    view, at = memoryview(data), 0
    while at < len(data):
        record = Record(view[at:])
        at += len(record.raw)
        yield record


def start(recording, track, part):
    return sha256(b"verhaal/recording/part", recording, struct.pack(">BH", track, part))


def follows(record, last, recording, track, part):
    """Why a record may not follow another (None: at the beginning); "" if it may."""
    if (record.recording, record.track, record.part) != (recording, track, part) or last and record.codec != last.codec:
        return "foreign"
    if record.seq != (last.seq + 1 if last else 0):
        return "seq"
    if record.prev != (last.hash if last else start(recording, track, part)):
        return "prev"
    if last and record.mono < last.mono + last.duration:
        return "time"
    return ""


SLACK = 1500  # ms: how far two times may lie apart that should be one
JUMP = 1000  # ms: by how much the wall clock may move against the other from record to record


def clock(ms):
    return "%d:%02d:%02d" % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60)


def plain(name):
    """A file's name; what could pass for other words of a page is quoted."""
    return name if name.isprintable() and ", " not in name else ascii(name)


def reaches(p, minute):
    return minute * 60000 < p["to"] and p["from"] < (minute + 1) * 60000


def stretches(minutes):
    """Ascending minutes in words: "3, 14 to 16"."""
    out = []
    for m in minutes:
        if out and out[-1][1] + 1 == m:
            out[-1][1] = m
        else:
            out.append([m, m])
    return ", ".join("%d" % a if a == b else "%d to %d" % (a, b) for a, b in out)


# --- Keys -----------------------------------------------------------------------
def hkdf(key, salt, info):
    """HKDF-SHA-256 (RFC 5869) of 32 bytes."""
    prk = hmac.new(salt or bytes(32), key, hashlib.sha256).digest()
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()


def release(b, part, minute):
    return hkdf(b, None, b"verhaal/recording/b" + struct.pack(">HI", part, minute))


def minute_key(a, b_m, recording, track, part, minute):
    return hkdf(a, b_m, b"verhaal/recording/k" + recording + struct.pack(">BHI", track, part, minute))


# --- Trees (RFC 6962) -------------------------------------------------------------
def leaf(data):
    return sha256(b"\x00", data)


def node(left, right):
    return sha256(b"\x01", left, right)


def split(n):
    return 1 << (n - 1).bit_length() - 1


def root_of(size, known, path):
    """Root of a tree of size leaves: known {number: record hash}, the rest by path."""
    numbers, path = sorted(known), list(path)

    def walk(lo, hi):
        if not any(lo <= n < hi for n in numbers):
            if not path:
                raise Fault("the path is too short")
            return path.pop(0)
        if hi - lo == 1:
            return leaf(known[lo])
        return node(walk(lo, lo + split(hi - lo)), walk(lo + split(hi - lo), hi))

    root = walk(0, size)
    if path:
        raise Fault("the path is too long")
    return root


def whole_root(hashes):
    level = [leaf(h) for h in hashes]
    while len(level) > 1:  # an odd one out moves up: the same tree as RFC 6962's
        level = [node(*level[i:i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


def inclusion(size, index, h, path):
    """RFC 9162 section 2.1.3.2."""
    fn, sn = index, size - 1
    for p in path:
        if sn == 0:
            raise Fault("the log's proof is too long")
        if fn & 1 or fn == sn:
            h = node(p, h)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            h = node(h, p)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Fault("the log's proof is too short")
    return h


# --- Signed notes (C2SP) -------------------------------------------------------------
def open_note(signed, vkey, say):
    """The text of a note that vkey signed; "<name>+<hash>+<key>"."""
    text, _, signatures = signed.rpartition("\n\n")
    text += "\n"
    name, key_hash, key = vkey.strip().split("+", 2)
    key = base64.b64decode(key)
    if key[0] != 1 or sha256(name.encode(), b"\n", key)[:4].hex() != key_hash:
        raise Fault("the log's key is malformed")
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if signer == name and raw[:4].hex() == key_hash:
            if Ed25519PublicKey is None:
                say("NOT CHECKED: the signature of %s (python3-cryptography is not installed)" % name)
                return text
            try:
                Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], text.encode())
                return text
            except InvalidSignature:
                raise Fault("the signature of %s is wrong" % name)
    raise Fault("not signed by %s" % name)


def read_excerpt(text, m):
    """excerpt.json, if it is what the format says and fits the manifest."""
    e = json.loads(text)
    rising = lambda ns: all(type(n) is int and n >= 0 for n in ns) and all(a < b for a, b in zip(ns, ns[1:]))
    if set(e) != {"v", "recording", "minutes", "tracks"} or e["v"] != 1 or e["recording"] != m["recording"]:
        raise ValueError("excerpt.json is of another version or recording")
    if not e["minutes"] or not e["tracks"] or not rising(e["minutes"]) or not rising([t["track"] for t in e["tracks"]]):
        raise ValueError("excerpt.json names no minutes or tracks, or not in order")
    sealed = {t["track"]: {p["part"]: p["records"] for p in t["parts"]} for t in m["tracks"]}
    for t in e["tracks"]:
        if not t["parts"] or not rising([p["part"] for p in t["parts"]]):
            raise ValueError("excerpt.json names a track without parts, or they are not in order")
        for p in t["parts"]:
            edges = [n for first, last in p["records"] for n in (first, last + 1)]
            if not edges or not all(a <= b for a, b in p["records"]) or not rising(edges) \
                    or edges[-1] > sealed[t["track"]][p["part"]]:
                raise ValueError("the records in excerpt.json are not in order, or more than there are")
    return e


# What belongs to the proof, beside what each part has.
PROOF = {"manifest.json", "manifest.sig", "marks.json", "excerpt.json", "keys.json", "release.json",
         "log/key", "log/leaf.json", "log/manifest.tlog-proof", "log/heads.json"}


class Export:
    def __init__(self, folder, args):
        self.folder, self.args, self.faults, self.notes = folder, args, [], []
        self.text = self.read("manifest.json")
        self.m = json.loads(self.text)
        self.recording = bytes.fromhex(self.m["recording"])
        self.keys = self.load_keys()
        excerpt = self.read("excerpt.json", False)
        self.excerpt = read_excerpt(excerpt, self.m) if excerpt is not None else None
        self.heads, self.unchecked = {}, []

    def read(self, name, must=True):
        try:
            with open(os.path.join(self.folder, name), "rb") as f:
                return f.read()
        except FileNotFoundError:
            if must:
                raise
            return None

    def fault(self, what):
        self.faults.append(what)

    def load_keys(self):
        keys, shares = {}, {}
        for share in self.args.share:
            place, _, value = share.partition("=")
            track, _, part = place.partition("-")
            shares[int(track), int(part)] = base64.b64decode(value)
        for name in ("release.json", "keys.json"):
            for k in json.loads(self.read(name, False) or b'{"keys":[]}')["keys"]:
                place, value = (k["track"], k["part"], k["minute"]), base64.b64decode(k["key"])
                if name == "keys.json":
                    keys[place] = value
                elif place[:2] in shares:
                    keys[place] = minute_key(shares[place[:2]], value, self.recording, *place)
        return keys

    def seal(self):
        """Signature and place in the log."""
        vkey = self.args.log_key or (self.read("log/key", False) or b"").decode()
        if not vkey:
            self.notes.append("NOT CHECKED: the signature, there is no key of the log")
            return
        if not self.args.log_key:
            self.notes.append("the log's key came along, compare it: " + vkey.strip())
        digest = hashlib.sha256(self.text).hexdigest()
        want = "verhaal recording seal v1\nrecording %s\nmanifest %s\nlog %s\n" % (self.m["recording"], digest, self.m["log"])
        if open_note((self.read("manifest.sig", False) or b"").decode(), vkey, self.notes.append) != want:
            raise Fault("the signature is for another manifest")
        act, proof = self.read("log/leaf.json", False), self.read("log/manifest.tlog-proof", False)
        if act is None or proof is None:
            self.notes.append("NOT CHECKED: the place in the log, no proof came along")
            return
        told = json.loads(act)
        if told["kind"] != "recording.sealed" or told["hashes"]["manifest"] != digest:
            raise Fault("the act of the log tells of something else")
        head, _, checkpoint = proof.decode().partition("\n\n")
        lines = [line for line in head.split("\n") if not line.startswith("extra ")]
        _, size, root = open_note(checkpoint, vkey, self.notes.append).split("\n")[:3]
        index, path = int(lines[1].removeprefix("index ")), [base64.b64decode(p) for p in lines[2:]]
        if lines[0] != "c2sp.org/tlog-proof@v1" or index >= int(size) or \
                inclusion(int(size), index, leaf(act), path) != base64.b64decode(root):
            raise Fault("the log does not hold this seal")
        self.notes.append("sealed as act %d of the log %s" % (index, self.m["log"]))
        self.load_heads(index, int(size), base64.b64decode(root))

    def load_heads(self, sealed, size, root):
        """The heads that the log took down while it was recorded: {(track, part): {seq: hash}}."""
        acts = json.loads(self.read("log/heads.json", False) or b'{"v":1,"acts":[]}')["acts"]
        if not acts:
            self.notes.append("NOT CHECKED: the heads of minutes, none came along")
        before = -1
        for act in acts:
            told, index = json.loads(act["leaf"]), act["index"]
            facts, hashes = told.get("facts", {}), told.get("hashes", {})
            bound = hmac.new(self.recording, facts.get("salt", "").encode(), hashlib.sha256).hexdigest()
            if told.get("kind") != "recording.heads" or hashes.get("recording") != bound:
                raise Fault("act %d of the log tells of no heads of this recording" % index)
            if not before < index < sealed or \
                    inclusion(size, index, leaf(act["leaf"].encode()), [bytes.fromhex(h) for h in act["path"]]) != root:
                raise Fault("the log does not hold these heads of minutes as its act %d, before the seal" % index)
            before = index
            for name in hashes:
                place = re.fullmatch(r"track_([0-3])_part_(0|[1-9][0-9]{0,4})", name)
                if place:
                    if not re.fullmatch(r"0|[1-9][0-9]{0,9}", facts.get(name, "")):
                        raise Fault("act %d of the log tells of no heads of this recording" % index)
                    heads = self.heads.setdefault((int(place[1]), int(place[2])), {})
                    heads.setdefault(int(facts[name]), set()).add(hashes[name])
        for (track, part), heads in self.heads.items():
            records = [p["records"] for t in self.m["tracks"] if t["track"] == track for p in t["parts"] if p["part"] == part]
            if not records or max(heads) >= records[0]:
                self.fault("%d-%d.vhc: the log took records down while they were made that are not in the seal" % (track, part))

    def beside(self):
        marks = self.read("marks.json", False)
        if marks is not None and hashlib.sha256(marks).hexdigest() != self.m["marks"]["hash"]:
            self.fault("marks.json is not what was sealed")
        for t in self.m["tracks"]:
            for p in t["parts"]:
                name = "shares/%d-%d.age" % (t["track"], p["part"])
                share = self.read(name, False)
                if share is not None and hashlib.sha256(share).hexdigest() != p["share_a"]:
                    self.fault(name + " is not what was sealed")

    def times(self):
        """Time between parts, and after the recording's end."""
        over = max(0, self.m["ended"] - self.m["started"])
        for t in self.m["tracks"]:
            end = t["parts"][0]["to"]  # of all parts before: they may overlap
            for p in t["parts"]:
                if p["from"] > end + SLACK:
                    self.silence("%d-%d.vhc" % (t["track"], p["part"]), t["track"], end, p["from"])
                end = max(end, p["to"])
            if end > over + SLACK:
                self.notes.append("track %d: records go on %d s after the end of the recording" % (t["track"], (end - over) // 1000))

    def declared(self, track, begin, end):
        return [g for g in self.m["gaps"] if g["track"] == track and g["from"] <= begin + SLACK and end <= g["to"] + SLACK]

    def silence(self, name, track, begin, end):
        """A stretch without media: wrong, unless somebody declared why."""
        what = "%s, minute %d: nothing was recorded from %s to %s" % (name, begin // 60000, clock(begin), clock(end))
        gaps = self.declared(track, begin, end)
        if gaps:
            self.notes.append("%s; declared reason: %s" % (what, gaps[0]["reason"]))
        else:
            self.fault(what + ", and nobody declared why")

    def strangers(self):
        """Files that belong to no part of the proof."""
        known = set(PROOF)
        for t in self.m["tracks"]:
            for p in t["parts"]:
                known |= {"shares/%d-%d.age" % (t["track"], p["part"]), "heads/%d-%d.webm" % (t["track"], p["part"])}
        for t in (self.excerpt or self.m)["tracks"]:
            known |= {"%d-%d.vhc" % (t["track"], p["part"]) for p in t["parts"]}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                name = os.path.relpath(os.path.join(folder, name), self.folder).replace(os.sep, "/")
                if name.endswith(".vhc") and "/" not in name and name not in known:
                    self.fault("%s does not belong to this recording" % plain(name))
                elif name not in known:
                    self.unchecked.append(plain(name))
        self.unchecked.sort()

    def lacking(self, name, minutes):
        if minutes:
            self.fault("%s, minutes %s: the excerpt names them, and holds nothing of them" % (name, stretches(minutes)))

    def part(self, track, p, runs, out):
        """Follows a part's records; gives {seq: hash} of those that are right."""
        name, last, known = "%d-%d.vhc" % (track, p["part"]), None, {}
        # The minute in which the next record should begin; no later than the part's last.
        where = lambda: "%s, minute %d" % (name, min(last.mono + last.duration if last else p["from"], p["to"] - 1) // 60000)
        heads, rewritten, spoken = self.heads.get((track, p["part"]), {}), False, None
        expected = (n for first, end in runs for n in range(first, end + 1))
        minutes = self.excerpt["minutes"] if self.excerpt else []
        wants = lambda r: r.minute in minutes
        ahead, lacks, size, first = [m for m in minutes if reaches(p, m)], [], 0, None
        try:
            for r in records(self.read(name)):
                seq = next(expected, None)
                if seq is None:
                    raise Fault("records that do not belong here")
                joined = last is not None and last.seq + 1 == seq
                if joined or seq == 0:
                    why = follows(r, last, self.recording, track, p["part"])
                else:
                    why = "foreign" if (r.recording, r.track, r.part) != (self.recording, track, p["part"]) else "seq" if r.seq != seq else ""
                    if wants(r) or last and wants(last):
                        raise Fault("records of a minute may have been left out before record %d" % seq)
                if why:
                    raise Fault("record %d is not the one that must stand here (%s)" % (seq, why))
                if heads.get(seq, {r.hash.hex()}) != {r.hash.hex()} and not rewritten:
                    self.fault("%s, minute %d: the log says that it ended otherwise: it took another record %d down when that was made"
                               % (name, r.minute, seq))
                    rewritten = True  # those after it must differ too
                if joined and r.mono > last.mono + last.duration + SLACK:
                    self.silence(name, track, last.mono + last.duration, r.mono)
                drift = (r.wall - r.mono) - (last.wall - last.mono) if joined else 0
                if abs(drift) > JUMP and not self.excerpt:
                    what = "%s, minute %d: the recorder's clock jumps by %+d ms at record %d" % (name, r.minute, drift, seq)
                    (self.notes.append if self.declared(track, r.mono, r.mono) else self.fault)(what)
                while ahead and ahead[0] <= r.minute:  # shown by this record, or between it and the one before
                    m = ahead.pop(0)
                    if m < r.minute and not (joined and last.minute < m):
                        lacks.append(m)
                first, size = first or r, size + len(r.raw)
                spoken = r if seq in heads else spoken
                known[seq], last = r.hash, r
                key = self.keys.get((track, p["part"], r.minute))
                if key and AESGCM:
                    try:
                        plain = r.open(key)
                    except InvalidTag:
                        raise Fault("record %d does not open with its key" % seq)
                    self.opened += 1
                    if out:
                        out.write(plain)
            seq = next(expected, None)
            if seq is not None:
                raise Fault("records from %d on are missing" % seq)
            if wants(last) and last.seq + 1 < p["records"]:
                raise Fault("records of the last minute may have been left out")
            if last.seq + 1 == p["records"] and last.hash.hex() != p["head"]:
                raise Fault("the last record is not the one that was sealed")
            if not self.excerpt and (size, first.mono, first.wall, last.mono + last.duration, last.wall, last.codec, last.flags & 4 != 0) != \
                    tuple(p[k] for k in ("bytes", "from", "wall_from", "to", "wall_to", "codec", "finished")):
                raise Fault("the seal gives other sizes or times than the records")
            self.lacking(name, lacks + ahead)
            begin = spoken.mono + spoken.duration if spoken else p["from"]
            if self.heads and not self.excerpt and p["to"] >= begin + 120000:
                self.notes.append("NOT CHECKED: %s, minutes %d to %d, no head of minutes that came along speaks of them"
                                  % (name, begin // 60000, (p["to"] - 1) // 60000))
            return known
        except FileNotFoundError:
            self.fault("%s is missing (minutes %d to %d)" % (name, p["from"] // 60000, p["to"] // 60000))
        except Fault as f:
            self.fault("%s: %s" % (where(), f))
        return None

    def tracks(self):
        self.opened = 0
        cut = {t["track"]: t for t in self.excerpt["tracks"]} if self.excerpt else {}
        for t in self.m["tracks"]:
            if self.excerpt and t["track"] not in cut:
                self.notes.append("track %d is not in the excerpt" % t["track"])
                continue
            minutes = self.excerpt["minutes"] if self.excerpt else []
            outside = [m for m in minutes if not any(reaches(p, m) for p in t["parts"])]
            if outside:
                self.notes.append("track %d: nothing was recorded in minutes %s" % (t["track"], stretches(outside)))
            begin, known, sound = 0, {}, True
            listed = {p["part"]: p["records"] for p in cut[t["track"]]["parts"]} if self.excerpt else {}
            for p in t["parts"]:
                runs = listed.get(p["part"], []) if self.excerpt else [[0, p["records"] - 1]]
                if runs:
                    name = "%d-%d.webm" % (t["track"], p["part"])
                    out = open(os.path.join(self.args.out, name), "wb") if self.args.out else None
                    head = self.read("heads/" + name, False)
                    if out and head and runs[0][0] > 0:
                        out.write(head)
                    found = self.part(t["track"], p, runs, out)
                    if out:
                        out.close()
                    sound = sound and found is not None
                    known.update({begin + seq: h for seq, h in (found or {}).items()})
                else:
                    self.lacking("%d-%d.vhc" % (t["track"], p["part"]), [m for m in minutes if reaches(p, m)])
                begin += p["records"]
            if not sound:
                continue
            if self.excerpt:
                root = root_of(begin, known, [bytes.fromhex(h) for h in cut[t["track"]]["path"]])
            else:
                root = whole_root([known[n] for n in range(begin)])
            if root.hex() != t["root"]:
                self.fault("track %d: the records are not those under the sealed root" % t["track"])
            self.notes.append("track %d: %d records" % (t["track"], len(known)))

    def verify(self):
        if self.excerpt:
            self.notes.append("minutes in this excerpt: " + stretches(self.excerpt["minutes"]))
        for step in (self.seal, self.beside, self.times, self.strangers, self.tracks):
            try:
                step()
            except Fault as f:
                self.fault(str(f))
        if self.keys and not AESGCM:
            self.notes.append("NOT CHECKED: there are keys, but decrypting needs python3-cryptography")
        elif self.keys:
            self.notes.append("%d records were decrypted" % self.opened)


def run_vectors(name):
    with open(name) as f:
        v = json.load(f)
    b64, tried = base64.b64decode, 0
    for p in v["parts"]:
        recording, hashes, last = bytes.fromhex(p["recording"]), [], None
        assert start(recording, p["track"], p["part"]).hex() == p["start"]
        keys = {}
        for m in p["minutes"]:
            assert release(b64(p["b"]), p["part"], m["minute"]) == b64(m["b_m"])
            keys[m["minute"]] = minute_key(b64(p["a"]), b64(m["b_m"]), recording, p["track"], p["part"], m["minute"])
            assert keys[m["minute"]] == b64(m["k_m"])
        for want in p["records"]:
            r = Record(b64(want["record"]))
            assert follows(r, last, recording, p["track"], p["part"]) == "", want
            got = (r.seq, r.flags, r.codec, r.minute, r.mono, r.wall, r.duration, r.prev.hex(), r.hash.hex())
            assert got == tuple(want[k] for k in ("seq", "flags", "codec", "minute", "mono", "wall", "duration", "prev", "hash")), want
            assert not AESGCM or r.open(keys[r.minute]) == b64(want["plain"])
            hashes.append(r.hash)
            last, tried = r, tried + 1
        assert whole_root(hashes) == b64(p["root"])
    for b in v["refused"]:
        try:
            Record(b64(b["record"]))
            raise AssertionError(b["why"] + " was accepted")
        except Fault as f:
            assert str(f) == b["kind"], b
            tried += 1
    first = v["parts"][0]
    before = Record(b64(first["records"][1]["record"]))
    for b in v["broken"]:
        assert follows(Record(b64(b["record"])), before, bytes.fromhex(first["recording"]), first["track"], first["part"]) == b["kind"], b
        tried += 1
    print("%d vectors agree" % tried)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--log-key")
    parser.add_argument("--share", action="append", default=[])
    parser.add_argument("--out")
    parser.add_argument("--vectors")
    args = parser.parse_args()
    if args.vectors:
        return run_vectors(args.vectors)
    if not args.folder:
        parser.error("name the folder of an export or excerpt")
    if args.out:
        os.makedirs(args.out, exist_ok=True)
    try:
        export = Export(args.folder, args)
        export.verify()
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as e:
        print("nothing could be checked: %s %s" % (type(e).__name__, e), file=sys.stderr)
        return 2
    for note in export.notes:
        print("  " + note)
    for fault in export.faults:
        print("WRONG " + fault)
    if export.unchecked:
        print("NOT CHECKED, beside the records: " + ", ".join(export.unchecked))
    sound = "SOUND, as far as it was checked" + (": the records, and not what lies beside them" if export.unchecked else "")
    print("NOT SOUND" if export.faults else sound)
    return 1 if export.faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as e:  # a fault of this reader is not one of the recording
        print("this reader failed: %s %s" % (type(e).__name__, e), file=sys.stderr)
        sys.exit(2)
