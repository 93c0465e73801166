package statistics

// pageSize is how many reports or case files are in memory at once.
const pageSize = 500

// pageReports walks the index of the queue: what is sealed is never read.
const pageReports = `select r.rank, r.received, r.id,
	coalesce((select min(m.sent) from message m where m.report = r.id and m.sender = 'desk'), 0),
	coalesce((select min(c.opened) from case_report k join casefile c on c.id = k.casefile where k.report = r.id), 0)
from report r where r.channel = $1 and (r.rank, r.received, r.id) > ($2, $3, $4)
order by r.rank, r.received, r.id limit $5`

const pageFiles = `select id, channel from casefile where id > $1 order by id limit $2`

const reportedOf = `select k.casefile, min(r.received) from case_report k join report r on r.id = k.report
where k.casefile > $1 and k.casefile <= $2 group by k.casefile`

const subjectsOf = `select casefile, id, kind, role, about from case_subject
where casefile > $1 and casefile <= $2 and (kind = 'person' and role = 'victim' or kind = 'interview' and state = 'held')`

const factsOf = `select casefile, subject, name, fields, changed from case_fact
where casefile > $1 and casefile <= $2 and name in ('clock.reported', 'case.talk_held', 'earlier', 'subject.birth_date', 'subject.age',
	'subject.age_doubt', 'plan.date', 'plan.topics', 'plan.interviewers', 'plan.reasons')`

const eventsOf = `select casefile, kind, subject, at from case_event
where casefile > $1 and casefile <= $2 and kind in ('interview_held', 'phase_talk', 'phase_sent', 'phase_closed') order by casefile, n`

const pageDeviations = `select d.id, c.channel, d.rule, d.state, d.asked, d.decided
from case_deviation d join casefile c on c.id = d.casefile where d.id > $1 order by d.id limit $2`
