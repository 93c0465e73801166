package report

const insertReport = `insert into report (id, channel, epoch, received, rank, unread, state, lang, danger, age, kinds,
	about_self, spoken, arrival, marked, reporter, lookup_hash, proof_hash, body_hash, content, identity_key, identity)
values ($1, $2, $3, $4, $5, 1, 'new', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (lookup_hash) do nothing`

// findByLookup names the channel that received the report, wherever it is now.
const findByLookup = `select id, coalesce((select h.from_channel from hand_over h where h.report = report.id and h.n = 1), channel),
	received, body_hash from report where lookup_hash = $1`

const findDialogue = `select id, proof_hash, content from report where lookup_hash = $1`

const rowColumns = `id, channel, received, rank, unread, state, lang, danger, age, kinds, about_self, spoken, arrival, marked`

const findReport = `select ` + rowColumns + ` from report where id = $1`

// queuePage leaves out the reports whose ids stand in $6.
const queuePage = `select ` + rowColumns + ` from report
where channel = $1 and (rank, received, id) > ($2, $3, $4) and $6 not like '%' || id || '%'
order by rank, received, id limit $5`

const countQueue = `select
	(select count(*) from (select 1 from report where channel = $1 and $3 not like '%' || id || '%' limit $2) as a),
	(select count(*) from (select 1 from report where channel = $1 and unread = 1 and $3 not like '%' || id || '%' limit $2) as b),
	(select count(*) from (select 1 from report where channel = $1 and unread = 1 and rank < 2 and $3 not like '%' || id || '%' limit $2) as c)`

const findContent = `select epoch, reporter, content from report where id = $1 and channel = $2`

const findIdentity = `select epoch, identity_key, identity from report where id = $1 and channel = $2`

const findPlace = `select channel from report where id = $1`

const markOpened = `update report set unread = 0, state = case when state = 'new' then 'opened' else state end
where id = $1 and channel = $2`

const touchReport = `update report set state = $2, unread = $3 where id = $1`

const lastMessage = `select coalesce(max(n), 0) from message where report = $1`

// insertMessage writes nothing when number $2 exists already: two writers may
// both have seen its predecessor.
const insertMessage = `insert into message (report, n, sender, staff, sent, epoch, sealed)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (report, n) do nothing`

const listMessages = `select n, sender, sent, epoch, sealed from message where report = $1 order by n`

const insertOpening = `insert into identity_opening (id, report, staff, code, reason, opened) values ($1, $2, $3, $4, $5, $6)`

const findMovable = `select channel, state, (select coalesce(max(n), 0) from message where report = $1),
	(select coalesce(max(n), 0) from hand_over where report = $1) from report where id = $1`

const moveReport = `update report set channel = $2, epoch = $3, received = received - received % $4, unread = 1, state = 'new',
	content = $5, identity_key = $6 where id = $1`

// replaceIdentity changes nothing when the identity would stay what it is.
const replaceIdentity = `update report set identity = $2 where id = $1 and identity <> $2`

const moveMessage = `update message set epoch = $3, sent = sent - sent % $4, sealed = $5 where report = $1 and n = $2`

const insertHandOver = `insert into hand_over (report, n, from_channel, to_channel, advised, consent, reason, staff, day, body_hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const countSameHandOver = `select count(*) from hand_over where report = $1 and body_hash = $2`

const lastHandOver = `select coalesce(max(day), 0) from hand_over where report = $1`

const listHandOvers = `select report, from_channel, to_channel, consent, day from hand_over where report = $1 order by n desc`

const listHandedOver = `select report, from_channel, to_channel, consent, day from hand_over where from_channel = $1
and $3 not like '%' || report || '%' order by day desc, report limit $2`
