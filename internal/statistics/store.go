package statistics

// pageSize is how many reports or case files are in memory at once.
const pageSize = 500

// pageReports walks the index of the queue: what is sealed is never read.
const pageReports = `select r.rank, r.received, r.id,
	coalesce((select min(m.sent) from message m where m.report = r.id and m.sender = 'desk'), 0),
	coalesce((select min(t.at) from case_report k join contact t on t.casefile = k.casefile where k.report = r.id and t.result = 'reached'), 0)
from report r where r.channel = $1 and (r.rank, r.received, r.id) > ($2, $3, $4)
order by r.rank, r.received, r.id limit $5`

// pageFiles, and what belongs to a page, go by the numbers of case files, so that rows written at about the
// same time are read together.
const pageFiles = `select number, id, channel from casefile where number > $1 order by number limit $2`

const reportedOf = `select k.casefile, min(r.received) from casefile c join case_report k on k.casefile = c.id join report r on r.id = k.report
where c.number > $1 and c.number <= $2 group by k.casefile`

const subjectsOf = `select s.casefile, s.id, s.kind, s.role, s.about from casefile c join case_subject s on s.casefile = c.id
where c.number > $1 and c.number <= $2 and (s.kind = 'person' and s.role = 'victim' or s.kind = 'interview' and s.state = 'held')`

const factsOf = `select f.casefile, f.subject, f.name, f.fields, f.changed from casefile c join case_fact f on f.casefile = c.id
where c.number > $1 and c.number <= $2 and f.name in ('clock.reported', 'case.talk_held', 'earlier', 'subject.birth_date', 'subject.age',
	'subject.age_doubt', 'plan.date', 'plan.topics', 'plan.interviewers', 'plan.reasons')`

const askedAgainOf = `select a.casefile, a.interview, a.topics, a.unexplained from casefile c join case_asked_again a on a.casefile = c.id
where c.number > $1 and c.number <= $2`

const eventsOf = `select e.casefile, e.kind, e.subject, e.at from casefile c join case_event e on e.casefile = c.id
where c.number > $1 and c.number <= $2 and e.kind in ('interview_held', 'phase_talk', 'phase_sent', 'phase_closed')
order by c.number, e.n`

const pageDeviations = `select d.id, c.channel, d.rule, d.why, d.state, d.asked, d.decided
from case_deviation d join casefile c on c.id = d.casefile where d.id > $1 order by d.id limit $2`
