package recording

import "strconv"

const recordingColumns = `id, casefile, interview, channel, kind, level, room, started, started_by, stopped, case when length(manifest) > 0 then 1 else 0 end`

const insertRecording = `insert into recording (id, casefile, interview, channel, kind, level, room, started, started_by, reserve, facts, stopped, room_empty, manifest, signature)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, '', '')`

const findRecording = `select ` + recordingColumns + ` from recording where id = $1`

const listRecordings = `select ` + recordingColumns + ` from recording where casefile = $1 and interview = $2 order by started, id`

const countRecordings = `select count(*) from recording where casefile = $1 and interview = $2 and heard = 1`

const countRunning = `select count(*) from recording where casefile = $1 and interview = $2 and stopped = 0`

const listReserved = `select id, reserve from recording where stopped = 0 order by id`

const findStopped = `select stopped from recording where id = $1`

const findFacts = `select facts from recording where id = $1`

const countParts = `select count(*) from recording_part where recording = $1 and track = $2`

const insertPart = `insert into recording_part (recording, track, part, codec, opened, opened_by, share_a, share_b) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listParts = `select track, part, codec, opened, opened_by, share_a, share_b from recording_part where recording = $1 order by track, part`

const findShare = `select share_a from recording_part where recording = $1 and track = $2 and part = $3`

const lastMark = `select coalesce(max(n), 0) from recording_mark where recording = $1`

const insertMark = `insert into recording_mark (recording, n, kind, mono, code, sealed, at, staff) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listMarks = `select n, kind, mono, code, sealed, staff from recording_mark where recording = $1 order by n`

const lastGap = `select coalesce(max(n), 0) from recording_gap where recording = $1`

const insertGap = `insert into recording_gap (recording, n, track, from_ms, to_ms, reason, at, staff) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listGaps = `select track, from_ms, to_ms, reason from recording_gap where recording = $1 order by n`

const lastAlarm = `select coalesce(max(n), 0) from recording_alarm where recording = $1`

const insertAlarm = `insert into recording_alarm (recording, n, kind, is_on, at, staff) values ($1, $2, $3, $4, $5, $6)`

const listAlarms = `select kind, at from recording_alarm a where recording = $1 and is_on = 1
and n = (select max(n) from recording_alarm l where l.recording = a.recording and l.kind = a.kind) order by kind`

const setNeeded = `update recording set needed = $2, needed_by = $3 where id = $1`

const findNeeded = `select needed, needed_by from recording where id = $1`

const sealRecording = `update recording set stopped = $2, room_empty = $3, manifest = $4, signature = $5, heard = $6, reserve = 0 where id = $1 and stopped = 0`

const findSeal = `select manifest, signature from recording where id = $1`

const listUncopied = `select id from recording where copied = 0 order by started, id`

const markCopied = `update recording set copied = 1 where id = $1`

const listUnstamped = `select id, manifest from recording where stopped > 0 and length(stamp) = 0 order by stopped limit 100`

const countUnstamped = `select count(*) from recording where stopped > 0 and length(stamp) = 0`

const findStamp = `select stamp from recording where id = $1`

const setStamp = `update recording set stamp = $2 where id = $1`

const listCounted = `select channel, started, case when exists (select 1 from recording_gap g where g.recording = r.id and g.reason <> 'clock' and not (g.track = 3 and g.reason = 'not_shown')) then 1 else 0 end
from recording r where started < $1 and stopped > 0`

const listTopics = `select r.id, r.interview, r.started, m.code, m.mono from recording_mark m join recording r on r.id = m.recording where r.casefile = $1 and m.kind = 'topic' and m.code <> ''
union all select r.id, r.interview, r.started, t.topic, t.mono from recording_topic t join recording r on r.id = t.recording where r.casefile = $1 and t.withdrawn = 0
order by 3, 5, 4`

const listMarked = `select r.interview, m.code from recording_mark m join recording r on r.id = m.recording where r.casefile = $1 and m.kind = 'topic' and m.code <> ''
union select r.interview, t.topic from recording_topic t join recording r on r.id = t.recording where r.casefile = $1 and t.withdrawn = 0`

const listLinked = `select n, topic, mono, staff from recording_topic where recording = $1 and withdrawn = 0 order by n`

const lastTopic = `select coalesce(max(n), 0) from recording_topic where recording = $1`

const insertTopic = `insert into recording_topic (recording, n, topic, mono, at, staff) values ($1, $2, $3, $4, $5, $6)`

const findTopic = `select topic, mono from recording_topic where recording = $1 and n = $2 and withdrawn = 0`

const withdrawTopic = `update recording_topic set withdrawn = $3 where recording = $1 and n = $2 and withdrawn = 0`

const listOfficial = `select n, version, told, epoch, sealed, reason, written_by, written, signed_by, signed, hash from recording_official where recording = $1 order by n desc`

const upsertOfficial = `insert into recording_official (recording, n, version, told, epoch, sealed, reason, written_by, written, signed_by, signed, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 0, '')
on conflict (recording, n) do update set version = excluded.version, told = excluded.told, epoch = excluded.epoch, sealed = excluded.sealed,
reason = excluded.reason, written_by = excluded.written_by, written = excluded.written`

const signOfficial = `update recording_official set signed_by = $4, signed = $5, hash = $6 where recording = $1 and n = $2 and version = $3 and signed_by = ''`

const insertOrder = `insert into recording_order (id, recording, number, prosecutor, recipient, asked, first_minute, last_minute, what, purpose, power, words, state, settled, settled_by, answer, archive, size, file)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'asked', 0, '', $13, '', 0, '')`

const listOrders = `select o.id, o.number, o.prosecutor, o.recipient, o.asked, o.first_minute, o.last_minute, o.what, o.purpose, o.power, o.state, o.settled, o.settled_by, o.archive, o.size, o.file, o.mirrored,
r.id, r.casefile, r.interview, r.channel, r.kind, r.level, r.room, r.started, r.started_by, r.stopped
from recording_order o join recording r on r.id = o.recording where `

const findOrder = listOrders + `o.id = $1`

const listOrdersOf = listOrders + `o.prosecutor = $1 order by case o.state when 'delivered' then 0 when 'asked' then 1 else 2 end, o.asked desc, o.id`

const listOrdersFor = listOrders + `o.recording = $1 order by o.asked desc, o.id`

const listOrdersOpen = listOrders + `o.state = 'asked' order by o.asked, o.id`

const findOrderWords = `select words, answer from recording_order where id = $1`

const settleOrder = `update recording_order set state = $2, settled = $3, settled_by = $4, answer = $5, archive = $6, size = $7, file = $8 where id = $1 and state = 'asked'`

const endOrder = `update recording_order set state = 'ended', settled = $2, settled_by = $3, file = '' where id = $1 and state in ('asked', 'delivered')`

const listArchives = `select file from recording_order where file <> '' order by file`

const listUnmirrored = listOrders + `o.state = 'delivered' and o.mirrored = '' order by o.settled, o.id`

const listUndeleted = listOrders + `o.state = 'ended' and o.archive <> '' and o.mirrored <> 'deleted' order by o.settled, o.id`

const setMirrored = `update recording_order set mirrored = $2 where id = $1 and state = $3`

const listSealedOf = `select ` + recordingColumns + ` from recording where casefile = $1 and length(manifest) > 0 order by started, id`

func number(n int64) string { return strconv.FormatInt(n, 10) }
