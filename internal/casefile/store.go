package casefile

const lastNumber = `select coalesce(max(number), '') from casefile where number > $1 and number < $2`

const insertFile = `insert into casefile (id, number, channel, origin, phase, opened, opened_by) values ($1, $2, $3, $4, $5, $6, $7)`

const findFile = `select id, number, channel, origin, phase, opened from casefile where id = $1`

const setPhase = `update casefile set phase = $2 where id = $1 and phase = $3`

const listOf = `select c.id, c.number, c.channel, c.origin, c.phase, c.opened, m.since
from case_member m join casefile c on c.id = m.casefile
where m.staff = $1 and m.excluded = '' and (m.since < $2 or (m.since = $2 and m.casefile > $3))
order by m.since desc, m.casefile limit $4`

const insertReport = `insert into case_report (casefile, report) values ($1, $2)`

const listReports = `select report from case_report where casefile = $1 order by report`

const insertMember = `insert into case_member (casefile, staff, since, added_by, excluded) values ($1, $2, $3, $4, $5)
on conflict (casefile, staff) do nothing`

const exclude = `insert into case_member (casefile, staff, since, added_by, excluded) values ($1, $2, $3, $4, $5)
on conflict (casefile, staff) do update set excluded = excluded.excluded, since = excluded.since, added_by = excluded.added_by`

const findMember = `select excluded from case_member where casefile = $1 and staff = $2`

const listMembers = `select staff, excluded from case_member where casefile = $1 order by since, staff`

const insertSubject = `insert into case_subject (casefile, id, kind, role, about, state, made, made_by) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const countSubjects = `select count(*) from case_subject where casefile = $1 and kind = $2`

const findSubject = `select kind, role from case_subject where casefile = $1 and id = $2`

const listSubjects = `select id, role, about, state from case_subject where casefile = $1 and kind = $2 order by made, length(id), id`

const setRole = `update case_subject set role = $3 where casefile = $1 and id = $2`

const findState = `select state from case_subject where casefile = $1 and id = $2 and kind = 'interview'`

const setState = `update case_subject set state = $3 where casefile = $1 and id = $2`

const listFacts = `select name, fields, version from case_fact where casefile = $1 and subject = $2`

const countChanges = `select count(*), coalesce(sum(version), 0) from case_fact where casefile = $1`

const insertFact = `insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
values ($1, $2, $3, $4, 1, $5, $6) on conflict (casefile, subject, name) do nothing`

const updateFact = `update case_fact set fields = $4, version = version + 1, changed = $5, changed_by = $6
where casefile = $1 and subject = $2 and name = $3 and version = $7`

const putFact = `insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
values ($1, $2, $3, $4, 1, $5, $6) on conflict (casefile, subject, name) do update
set fields = excluded.fields, version = case_fact.version + 1, changed = excluded.changed, changed_by = excluded.changed_by
where case_fact.fields <> excluded.fields`

const listParts = `select part, version, epoch, sealed from case_sealed where casefile = $1 order by part`

const insertPart = `insert into case_sealed (casefile, part, version, epoch, sealed, changed, changed_by)
values ($1, $2, 1, $3, $4, $5, $6) on conflict (casefile, part) do nothing`

const updatePart = `update case_sealed set version = version + 1, epoch = $3, sealed = $4, changed = $5, changed_by = $6
where casefile = $1 and part = $2 and version = $7`

const lastEvent = `select coalesce(max(n), 0) from case_event where casefile = $1`

const insertEvent = `insert into case_event (casefile, n, kind, subject, at, staff) values ($1, $2, $3, $4, $5, $6)`

const listEvents = `select kind, subject, at, staff from case_event where casefile = $1 order by n`

const lastDecision = `select coalesce(max(n), 0) from case_decision where casefile = $1 and subject = $2`

const insertDecision = `insert into case_decision (casefile, subject, n, at, staff, pack, version, hash, decision)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const listDecisions = `select n, at, staff, pack, version, hash, decision from case_decision where casefile = $1 and subject = $2 order by n`

const insertDeviation = `insert into case_deviation (id, casefile, interview, rule, state, asked_by, asked, prosecutor, reason, decision, decided, answer)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

const listDeviations = `select d.id, d.casefile, c.number, d.interview, d.rule, d.state, d.asked_by, d.asked, d.prosecutor, d.decided, d.decision
from case_deviation d join casefile c on c.id = d.casefile where d.casefile = $1 and d.interview = $2 order by d.asked, d.id`

const listAskedOf = `select d.id, d.casefile, c.number, d.interview, d.rule, d.state, d.asked_by, d.asked, d.prosecutor, d.decided, d.decision
from case_deviation d join casefile c on c.id = d.casefile where d.prosecutor = $1 order by d.asked desc, d.id limit $2`

const findDeviation = `select casefile, prosecutor, state, rule, reason from case_deviation where id = $1`

const answerDeviation = `update case_deviation set state = $2, decided = $3, answer = $4 where id = $1 and state = 'asked'`
