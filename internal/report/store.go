package report

const insertReport = `insert into report (id, channel, epoch, received, rank, unread, state, lang, danger, age, kinds,
	about_self, spoken, arrival, marked, reporter, lookup_hash, proof_hash, body_hash, content, identity_key, identity)
values ($1, $2, $3, $4, $5, 1, 'new', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (lookup_hash) do nothing`

const findByLookup = `select id, channel, received, body_hash from report where lookup_hash = $1`

const findDialogue = `select id, proof_hash, content from report where lookup_hash = $1`

const rowColumns = `id, channel, received, rank, unread, state, lang, danger, age, kinds, about_self, spoken, arrival, marked`

const findReport = `select ` + rowColumns + ` from report where id = $1`

const queuePage = `select ` + rowColumns + ` from report
where channel = $1 and (rank, received, id) > ($2, $3, $4)
order by rank, received, id limit $5`

const countQueue = `select
	(select count(*) from (select 1 from report where channel = $1 limit $2) as a),
	(select count(*) from (select 1 from report where channel = $1 and unread = 1 limit $2) as b),
	(select count(*) from (select 1 from report where channel = $1 and unread = 1 and rank < 2 limit $2) as c)`

const findContent = `select epoch, reporter, content from report where id = $1`

const findIdentity = `select epoch, identity_key, identity from report where id = $1`

const markOpened = `update report set unread = 0, state = case when state = 'new' then 'opened' else state end where id = $1`

const touchReport = `update report set state = $2, unread = $3 where id = $1`

const lastMessage = `select coalesce(max(n), 0) from message where report = $1`

// insertMessage writes nothing when number $2 exists already: two writers may
// both have seen its predecessor.
const insertMessage = `insert into message (report, n, sender, staff, sent, epoch, sealed)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (report, n) do nothing`

const listMessages = `select n, sender, sent, epoch, sealed from message where report = $1 order by n`

const insertOpening = `insert into identity_opening (id, report, staff, code, reason, opened) values ($1, $2, $3, $4, $5, $6)`
