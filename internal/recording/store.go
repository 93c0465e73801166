package recording

import "strconv"

const recordingColumns = `id, casefile, interview, channel, kind, level, room, started, stopped, case when length(manifest) > 0 then 1 else 0 end`

const insertRecording = `insert into recording (id, casefile, interview, channel, kind, level, room, started, started_by, reserve, facts, stopped, room_empty, manifest, signature)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, '', '')`

const findRecording = `select ` + recordingColumns + ` from recording where id = $1`

const listRecordings = `select ` + recordingColumns + ` from recording where casefile = $1 and interview = $2 order by started, id`

const countRunning = `select count(*) from recording where casefile = $1 and interview = $2 and stopped = 0`

const sumReserved = `select coalesce(sum(reserve), 0) from recording where stopped = 0`

const findStopped = `select stopped from recording where id = $1`

const findFacts = `select facts from recording where id = $1`

const countParts = `select count(*) from recording_part where recording = $1 and track = $2`

const insertPart = `insert into recording_part (recording, track, part, codec, opened, opened_by, share_a, share_b) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listParts = `select track, part, codec, share_a, share_b from recording_part where recording = $1 order by track, part`

const findShare = `select share_a from recording_part where recording = $1 and track = $2 and part = $3`

const lastMark = `select coalesce(max(n), 0) from recording_mark where recording = $1`

const insertMark = `insert into recording_mark (recording, n, kind, mono, code, sealed, at, staff) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listMarks = `select kind, mono, code, sealed, staff from recording_mark where recording = $1 order by n`

const lastGap = `select coalesce(max(n), 0) from recording_gap where recording = $1`

const insertGap = `insert into recording_gap (recording, n, track, from_ms, to_ms, reason, at, staff) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listGaps = `select track, from_ms, to_ms, reason from recording_gap where recording = $1 order by n`

const sealRecording = `update recording set stopped = $2, room_empty = $3, manifest = $4, signature = $5, reserve = 0 where id = $1 and stopped = 0`

const findSeal = `select manifest, signature from recording where id = $1`

const listUncopied = `select id from recording where copied = 0 order by started, id`

const markCopied = `update recording set copied = 1 where id = $1`

const listUnstamped = `select id, manifest from recording where stopped > 0 and length(stamp) = 0 order by stopped limit 100`

const findStamp = `select stamp from recording where id = $1`

const setStamp = `update recording set stamp = $2 where id = $1`

const listCounted = `select channel, started, case when exists (select 1 from recording_gap g where g.recording = r.id) then 1 else 0 end
from recording r where started < $1 and stopped > 0`

func number(n int64) string { return strconv.FormatInt(n, 10) }
