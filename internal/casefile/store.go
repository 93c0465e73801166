package casefile

// lastNumber: the longer of two numbers of a year is the later one.
const lastNumber = `select coalesce((select number from casefile where number > $1 and number < $2 order by length(number) desc, number desc limit 1), '')`

const insertFile = `insert into casefile (id, number, channel, origin, phase, opened, opened_by) values ($1, $2, $3, $4, $5, $6, $7)`

const findNumbered = `select id from casefile where number = $1`

const findFile = `select id, number, channel, origin, phase, opened from casefile where id = $1`

// findReporting says of a person whether a formal report of theirs is known, and
// from which other phase the case came last.
const findReporting = `select s.role,
(select count(*) from case_step t where t.casefile = s.casefile and t.about = s.id and t.what = 'formal_report' and t.withdrawn = 0),
coalesce((select e.kind from case_event e where e.casefile = s.casefile and e.kind in ('phase_talk', 'phase_interview', 'phase_sent', 'phase_closed')
order by e.n desc limit 1), '') from case_subject s where s.casefile = $1 and s.id = $2`

const setPhase = `update casefile set phase = $2 where id = $1 and phase = $3`

const listOf = `select c.id, c.number, c.channel, c.origin, c.phase, c.opened, m.since
from case_member m join casefile c on c.id = m.casefile
where m.staff = $1 and m.excluded = '' and (m.since < $2 or (m.since = $2 and m.casefile > $3))
order by m.since desc, m.casefile limit $4`

const insertReport = `insert into case_report (casefile, report) values ($1, $2)`

const findHaving = `select casefile from case_report where report = $1 order by casefile limit 1`

const listReports = `select report from case_report where casefile = $1 order by report`

const listWithheld = `select r.report from case_member m join case_report r on r.casefile = m.casefile
where m.staff = $1 and m.excluded <> '' order by r.report`

const insertMember = `insert into case_member (casefile, staff, since, added_by, excluded) values ($1, $2, $3, $4, $5)
on conflict (casefile, staff) do nothing`

const exclude = `insert into case_member (casefile, staff, since, added_by, excluded) values ($1, $2, $3, $4, $5)
on conflict (casefile, staff) do update set excluded = excluded.excluded, since = excluded.since, added_by = excluded.added_by`

const insertExclusion = `insert into case_exclusion (id, casefile, n, staff, why, excluded_by, at, member, state, judged, judged_by, lifted_for)
values ($1, $2, (select coalesce(max(n), 0) + 1 from case_exclusion where casefile = $2), $3, $4, $5, $6, $7, 'open', 0, '', '')`

const listExclusions = `select x.id, c.number, c.channel, x.staff, x.why, x.excluded_by, x.at, x.state
from case_exclusion x join casefile c on c.id = x.casefile
where x.state <> 'lifted' and x.excluded_by <> $1
and not exists (select 1 from case_member m where m.casefile = x.casefile and m.staff = $1)
order by case when x.state = 'open' then 0 else 1 end, x.at desc, x.n desc limit $2`

const listOpenExclusions = `select n, why, at from case_exclusion where casefile = $1 and state = 'open' order by n`

const findExclusion = `select x.casefile, c.channel, x.staff, x.excluded_by, x.member
from case_exclusion x join casefile c on c.id = x.casefile where x.id = $1`

const judgeExclusion = `update case_exclusion set state = $2, judged = $3, judged_by = $4, lifted_for = $5
where id = $1 and state <> 'lifted' and state <> $2`

const readmit = `update case_member set excluded = '' where casefile = $1 and staff = $2`

const unexclude = `delete from case_member where casefile = $1 and staff = $2`

const findMember = `select excluded from case_member where casefile = $1 and staff = $2`

const countMember = `select count(*) from case_member where casefile = $1 and staff = $2`

const removeMember = `delete from case_member where casefile = $1 and staff = $2 and excluded = ''`

const listMembers = `select staff, excluded from case_member where casefile = $1 order by since, staff`

const insertSubject = `insert into case_subject (casefile, id, kind, role, about, state, made, made_by) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const countSubjects = `select count(*) from case_subject where casefile = $1 and kind = $2`

const findSubject = `select kind, role from case_subject where casefile = $1 and id = $2`

const setOutside = `update case_subject set outside = $3 where casefile = $1 and id = $2`

const listSubjects = `select id, role, about, state, outside from case_subject where casefile = $1 and kind = $2 order by made, length(id), id`

const setRole = `update case_subject set role = $3 where casefile = $1 and id = $2`

// countFound counts the steps by which a person was found to be a victim. They
// are noted with the role and never deleted, so that they outlast it.
const countFound = `select count(*) from case_step where casefile = $1 and about = $2 and what = $3`

const findState = `select state from case_subject where casefile = $1 and id = $2 and kind = 'interview'`

const setState = `update case_subject set state = $3 where casefile = $1 and id = $2`

const listFacts = `select name, fields, version, shown from case_fact where casefile = $1 and subject = $2`

const countChanges = `select count(*), coalesce(sum(version), 0), (select coalesce(max(n), 0) from case_event where casefile = $1) from case_fact where casefile = $1`

const insertFact = `insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
values ($1, $2, $3, $4, 1, $5, $6) on conflict (casefile, subject, name) do nothing`

const updateFact = `update case_fact set fields = $4, version = version + 1, changed = $5, changed_by = $6
where casefile = $1 and subject = $2 and name = $3 and version = $7`

const putFact = `insert into case_fact (casefile, subject, name, fields, version, changed, changed_by)
values ($1, $2, $3, $4, 1, $5, $6) on conflict (casefile, subject, name) do update
set fields = excluded.fields, version = case_fact.version + 1, changed = excluded.changed, changed_by = excluded.changed_by
where case_fact.fields <> excluded.fields`

const showFact = `insert into case_fact (casefile, subject, name, fields, version, changed, changed_by, shown)
values ($1, $2, $3, $4, 1, $5, $6, 1) on conflict (casefile, subject, name) do update
set fields = excluded.fields, version = case_fact.version + 1, changed = excluded.changed, changed_by = excluded.changed_by, shown = 1`

const listParts = `select part, version, epoch, sealed from case_sealed where casefile = $1 order by part`

const listTold = `select topic, interview from case_told where casefile = $1 and person = $2`

const countToldIn = `select count(*) from case_told where casefile = $1 and interview = $2`

const deleteTold = `delete from case_told where casefile = $1 and person = $2`

const insertTold = `insert into case_told (casefile, person, topic, interview) values ($1, $2, $3, $4) on conflict (casefile, person, topic, interview) do nothing`

const listPartNames = `select part from case_sealed where casefile = $1`

const insertPart = `insert into case_sealed (casefile, part, version, epoch, sealed, changed, changed_by)
values ($1, $2, 1, $3, $4, $5, $6) on conflict (casefile, part) do nothing`

const updatePart = `update case_sealed set version = version + 1, epoch = $3, sealed = $4, changed = $5, changed_by = $6
where casefile = $1 and part = $2 and version = $7`

const lastEvent = `select coalesce(max(n), 0) from case_event where casefile = $1`

const insertEvent = `insert into case_event (casefile, n, kind, subject, at, staff) values ($1, $2, $3, $4, $5, $6)`

const listEvents = `select kind, subject, at, staff from case_event where casefile = $1 order by n`

const listReopened = `select s.id, s.about, e.at from case_subject s join case_event e on e.casefile = s.casefile and e.subject = s.id
and e.n = (select max(o.n) from case_event o where o.casefile = s.casefile and o.subject = s.id and o.kind in ('interview_reopened', 'interview_confirmed'))
where s.casefile = $1 and s.state = 'planned' and e.kind = 'interview_reopened' order by s.id`

const listConfirmed = `select s.casefile, s.id, f.fields from case_subject s join case_fact f on f.casefile = s.casefile and f.subject = s.id and f.name = 'plan.date'
where s.state = 'confirmed' and f.fields >= $1 order by s.casefile, s.id`

const lastDecision = `select coalesce(max(n), 0) from case_decision where casefile = $1 and subject = $2`

const insertDecision = `insert into case_decision (casefile, subject, n, at, staff, pack, version, hash, decision)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const setAskedAgain = `insert into case_asked_again (casefile, interview, topics, unexplained) values ($1, $2, $3, $4)
on conflict (casefile, interview) do update set topics = excluded.topics, unexplained = excluded.unexplained`

const listDecisions = `select n, at, staff, pack, version, hash, decision from case_decision where casefile = $1 and subject = $2 order by n`

const insertDeviation = `insert into case_deviation (id, casefile, interview, rule, state, asked_by, asked, prosecutor, reason, decision, decided, answer, about, why)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

const listDeviations = `select d.id, d.casefile, c.number, d.interview, d.rule, d.state, d.asked_by, d.asked, d.prosecutor, d.decided, d.decision, d.about, d.why
from case_deviation d join casefile c on c.id = d.casefile where d.casefile = $1 and d.interview = $2 order by d.asked, d.id`

const listAskedOf = `select d.id, d.casefile, c.number, d.interview, d.rule, d.state, d.asked_by, d.asked, d.prosecutor, d.decided, d.decision, d.about, d.why
from case_deviation d join casefile c on c.id = d.casefile
where d.prosecutor = $1 and d.state <> 'withdrawn' and (case when d.state = 'asked' then 0 else 1 end, -d.asked, d.id) > ($2, $3, $4)
and not exists (select 1 from case_member m where m.casefile = d.casefile and m.staff = d.prosecutor and m.excluded <> '')
order by case when d.state = 'asked' then 0 else 1 end, -d.asked, d.id limit $5`

// listOpen finds whom the same was asked that is still open, but for those who have
// a part in the case by now and can't answer.
const listOpen = `select d.prosecutor from case_deviation d
where d.casefile = $1 and d.interview = $2 and d.rule = $3 and d.about = $4 and d.state = 'asked'
and not exists (select 1 from case_member m where m.casefile = d.casefile and m.staff = d.prosecutor)`

const findDeviation = `select casefile, prosecutor, rule, asked_by from case_deviation where id = $1`

const findDeviationWords = `select casefile, prosecutor, rule, state, reason, answer from case_deviation where id = $1`

const listHeard = `select h.casefile from (select casefile from case_deviation where prosecutor = $1 and state <> 'withdrawn'
union select casefile from case_view where prosecutor = $1) h
where not exists (select 1 from case_member m where m.casefile = h.casefile and m.staff = $1) order by h.casefile`

const answerDeviation = `update case_deviation set state = $2, decided = $3, answer = $4 where id = $1 and state = 'asked'`

const listSubjectsOf = `select id, kind, role, about, state, made from case_subject where casefile = $1 order by made, length(id), id`

const listFactsOf = `select subject, name, fields, version, changed from case_fact where casefile = $1`

const insertStep = `insert into case_step (casefile, n, what, about, day, seen, noted, staff, withdrawn) values ($1, $2, $3, $4, $5, $6, $7, $8, 0)`

const withdrawStep = `update case_step set withdrawn = $3 where casefile = $1 and n = $2 and withdrawn = 0`

const listSteps = `select n, what, about, day, seen, staff, withdrawn from case_step where casefile = $1 order by day, n`

const insertDelay = `insert into case_delay (casefile, n, clock, about, reason, from_day, until_day, words, noted, staff)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const endDelay = `update case_delay set until_day = $3 where casefile = $1 and n = $2 and from_day <= $3 and (until_day = '' or until_day > $4)`

const listDelays = `select n, clock, about, reason, from_day, until_day, words, staff from case_delay where casefile = $1 order by n`

const insertTask = `insert into case_task (casefile, n, task, about, of_period, opened, due, state, day, reason, consent, closed, staff)
values ($1, $2, $3, $4, $5, $6, $7, 'open', '', '', 0, 0, '')`

const settleTask = `update case_task set state = $3, day = $4, reason = $5, consent = $6, closed = $7, staff = $8
where casefile = $1 and n = $2 and state = 'open'`

// settleReports ends the reports of a period that are due after a day.
const settleReports = `update case_task set state = 'not_applicable', day = $4, reason = $5, closed = $6, staff = $7
where casefile = $1 and about = $2 and of_period = $3 and state = 'open' and due > $8`

const listTasks = `select n, task, about, of_period, opened, due, state, day, reason, consent, staff from case_task where casefile = $1 order by n`

const insertPeriod = `insert into case_period (casefile, about, period, from_day, until_day, ending, ended, noted, staff)
values ($1, $2, $3, $4, $5, '', '', $6, $7) on conflict (casefile, about, period) do nothing`

const endPeriod = `update case_period set ending = $4, ended = $5 where casefile = $1 and about = $2 and period = $3 and ending = ''`

const deletePeriod = `delete from case_period where casefile = $1 and about = $2 and period = $3 and from_day = $4 and ended = $5`

const listPeriods = `select about, period, from_day, until_day, ending, ended from case_period where casefile = $1 order by from_day, about`

const listDueOf = `select kind, name, about, n, started, due, quiet, still, escalated from case_due where casefile = $1`

const upsertDue = `insert into case_due (casefile, kind, name, about, n, channel, started, due, quiet, still, escalated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) on conflict (casefile, kind, name, about, n) do update set
started = excluded.started, due = excluded.due, quiet = excluded.quiet, still = excluded.still,
escalated = case when case_due.started = excluded.started then case_due.escalated else 0 end`

const deleteDue = `delete from case_due where casefile = $1 and kind = $2 and name = $3 and about = $4 and n = $5`

const upsertReckoned = `insert into case_reckoned (casefile, pack) values ($1, $2)
on conflict (casefile) do update set pack = excluded.pack where case_reckoned.pack <> excluded.pack`

const listUnreckoned = `select c.id from casefile c left join case_reckoned r on r.casefile = c.id
where c.id > $2 and (r.pack is null or r.pack <> $1) order by c.id limit $3`

// The number and the membership are looked up for the rows of the page alone:
// joined, PostgreSQL would read all case files first.
const listBoard = `select d.casefile, (select c.number from casefile c where c.id = d.casefile), d.kind, d.name, d.about, d.n, d.due, d.quiet, d.still,
coalesce((select m.staff from case_member m where m.casefile = d.casefile and m.staff = $2), '')
from case_due d where d.channel = $1 and d.due <= $3 and (d.due, d.casefile, d.kind, d.name, d.about, d.n) > ($4, $5, $6, $7, $8, $9)
and not exists (select 1 from case_member m where m.casefile = d.casefile and m.staff = $2 and m.excluded <> '')
order by d.due, d.casefile, d.kind, d.name, d.about, d.n limit $10`

const listLate = `select casefile, kind, name, about, n, channel, due, still from case_due
where escalated = $1 and due < $2 and quiet < $2 order by due, casefile, kind, name, about, n limit $3`

const escalateDue = `update case_due set escalated = $6 where casefile = $1 and kind = $2 and name = $3 and about = $4 and n = $5 and escalated = $7`

const lastAssessment = `select coalesce(max(n), 0) from assessment where casefile = $1`

const insertAssessment = `insert into assessment (casefile, n, person, phase, day, risks, needs, interest, court, made, made_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

const listAssessments = `select n, person, phase, day, risks, needs, interest, court, made_by from assessment where casefile = $1 order by n desc`

const countLaterAssessments = `select count(*) from assessment where casefile = $1 and person = $2 and day > $3`

const lastAssessed = `select day, interest from assessment where casefile = $1 and person = $2 and day <= $3 order by day desc, n desc limit 1`

const lastMeasure = `select coalesce(max(n), 0) from assessment_measure where casefile = $1`

const insertMeasure = `insert into assessment_measure (casefile, n, assessment, code, owner, due, state, closed, closed_by)
values ($1, $2, $3, $4, $5, $6, 'open', '', '')`

const listMeasures = `select n, assessment, code, owner, due, state, closed from assessment_measure where casefile = $1 order by n`

const listOpenMeasures = `select m.n, m.code, m.owner, m.due, a.person, a.day
from assessment_measure m join assessment a on a.casefile = m.casefile and a.n = m.assessment
where m.casefile = $1 and m.state = 'open' order by m.n`

const closeMeasure = `update assessment_measure set state = $3, closed = $4, closed_by = $5 where casefile = $1 and n = $2 and state = 'open'`

const upsertContactPlan = `insert into contact_plan (casefile, person, ways, days, from_time, until_time, no_voicemail, codeword, stopped, version, changed, changed_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11) on conflict (casefile, person) do update
set ways = excluded.ways, days = excluded.days, from_time = excluded.from_time, until_time = excluded.until_time, no_voicemail = excluded.no_voicemail,
codeword = excluded.codeword, stopped = excluded.stopped, version = contact_plan.version + 1, changed = excluded.changed, changed_by = excluded.changed_by
where contact_plan.version = $12`

const planColumns = `ways, days, from_time, until_time, no_voicemail, codeword, stopped, version`

const findContactPlan = `select ` + planColumns + ` from contact_plan where casefile = $1 and person = $2`

const listPlansOfReport = `select ` + planColumns + ` from contact_plan p join case_report r on r.casefile = p.casefile where r.report = $1`

const lastContact = `select coalesce(max(n), 0) from contact where casefile = $1`

const insertContact = `insert into contact (casefile, n, person, way, at, result, basis, staff) values ($1, $2, $3, $4, $5, $6, $7, $8)`

const listContacts = `select n, person, way, at, result, basis, staff from contact where casefile = $1 and person = $2 order by n desc limit 100`

const listReached = `select at from contact where casefile = $1 and result = 'reached' order by n`

const insertShield = `insert into shield (casefile, person, basis, since, staff) values ($1, $2, $3, $4, $5)
on conflict (casefile, person) do update set basis = excluded.basis, since = excluded.since, staff = excluded.staff`

const listShields = `select person, basis from shield where casefile = $1`

const countViews = `select count(*) from case_sealed where casefile = $1 and part like 'view/%'`

const insertView = `insert into case_view (id, casefile, n, prosecutor, told, told_by, read_at, person) values ($1, $2, $3, $4, $5, $6, 0, $7)`

// listUnheard finds whose views reached nobody but prosecutors whom the case excludes.
const listUnheard = `select v.person from case_view v
left join case_member m on m.casefile = v.casefile and m.staff = v.prosecutor and m.excluded <> '' where v.casefile = $1 and v.person <> ''
group by v.person having count(*) = count(m.staff)`

const viewColumns = `v.id, v.casefile, c.number, v.n, v.person, v.prosecutor, v.told, v.told_by, v.read_at from case_view v join casefile c on c.id = v.casefile`

const listViews = `select ` + viewColumns + ` where v.casefile = $1 order by v.n desc`

const listViewsOf = `select ` + viewColumns + ` where v.prosecutor = $1
and not exists (select 1 from case_member m where m.casefile = v.casefile and m.staff = v.prosecutor and m.excluded <> '')
and (-v.told, v.id) > ($2, $3) order by -v.told, v.id limit $4`

const findView = `select casefile, n, prosecutor from case_view where id = $1`

const readView = `update case_view set read_at = $2 where id = $1 and read_at = 0`

const findPart = `select sealed from case_sealed where casefile = $1 and part = $2`
