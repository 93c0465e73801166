package planner

const insertRoom = `insert into room (id, name, site, region, kind, adapted, equipment, hours, used, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) on conflict do nothing`

const updateRoom = `update room set name = $2, site = $3, region = $4, kind = $5, adapted = $6, equipment = $7, hours = $8, used = $9, version = version + 1
where id = $1 and version = $10 and not exists (select 1 from room o where o.name = $2 and o.id <> $1)`

// renameBuilding leaves the room out that is saved with it.
const renameBuilding = `update room set site = $2, version = version + 1 where site = $1 and id <> $3`

const renameVisits = `update visit set site = $2 where site = $1`

const listRooms = `select id, name, site, region, kind, adapted, equipment, hours, used, version from room order by region, name`

const insertWorker = `insert into roster (staff, region, sex, trainee, hours, used, version)
values ($1, $2, $3, $4, $5, $6, 1) on conflict do nothing`

const updateWorker = `update roster set region = $2, sex = $3, trainee = $4, hours = $5, used = $6, version = version + 1
where staff = $1 and version = $7`

const listRoster = `select staff, region, sex, trainee, hours, used, version from roster order by staff`

const insertInterpreter = `insert into interpreter (id, name, number, sworn_until, languages, sex, hours, used, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, 1)`

const updateInterpreter = `update interpreter set name = $2, number = $3, sworn_until = $4, languages = $5, sex = $6, hours = $7, used = $8, version = version + 1
where id = $1 and version = $9`

const listInterpreters = `select id, name, number, sworn_until, languages, sex, hours, used, version from interpreter order by name, id`

const insertItem = `insert into equipment (id, kind, number, room, region, mobile, used, version)
values ($1, $2, $3, $4, $5, $6, $7, 1) on conflict do nothing`

const updateItem = `update equipment set kind = $2, number = $3, room = $4, region = $5, mobile = $6, used = $7, version = version + 1
where id = $1 and version = $8 and not exists (select 1 from equipment o where o.kind = $2 and o.number = $3 and o.id <> $1)`

const listItems = `select id, kind, number, room, region, mobile, used, version from equipment order by kind, number`

const roomOfItem = `select coalesce(max(room), '') from equipment where id = $1`

const insertAbsence = `insert into absence (id, who, starts, ends, why) values ($1, $2, $3, $4, $5)`

const deleteAbsence = `delete from absence where id = $1`

const listAbsences = `select id, who, starts, ends, why from absence where ends > $1 order by starts, id limit 500`

const findBooking = `select id from booking where casefile = $1 and interview = $2 and cancelled = 0`

const listAway = `select who, starts, ends from absence where ends > $1 and starts < $2`

// findSworn gives the entry in the register of who interprets in a slot that has not begun.
const findSworn = `select t.number, t.sworn_until, b.starts from booking b join booking_use u on u.booking = b.id
join interpreter t on u.who = 'interpreter/' || t.id where b.casefile = $1 and b.interview = $2 and b.cancelled = 0 and b.starts > $3`

const insertBooking = `insert into booking (id, casefile, interview, person, room, starts, ends, made, made_by, cancelled, why,
kind, adapted, language, sworn, sex, regions) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', $10, $11, $12, $13, $14, $15)`

const insertUse = `insert into booking_use (booking, who, starts, ends) values ($1, $2, $3, $4)`

const deleteUses = `delete from booking_use where booking = $1`

const cancelBooking = `update booking set cancelled = $2, why = $3 where id = $1`

const bookingColumns = `select b.id, b.casefile, b.interview, b.room, r.name, r.site, b.starts, b.ends,
b.person, b.kind, b.adapted, b.language, b.sworn, b.sex, b.regions, u.who
from booking b join room r on r.id = b.room join booking_use u on u.booking = b.id `

const listBookingOf = bookingColumns + `where b.casefile = $1 and b.interview = $2 and b.cancelled = 0 order by u.who`

const listBookingsAhead = bookingColumns + `where b.starts > $1 and b.cancelled = 0 order by b.starts, b.id, u.who`

const listBookings = bookingColumns + `where b.id in (select booking from booking_use where ends > $1 and starts < $2)
order by b.starts, b.id, u.who`

const listBookingsOf = bookingColumns + `where b.id in (select booking from booking_use where who = $1 and ends > $2 and starts < $3)
order by b.starts, b.id, u.who`

const listBookingsOfCase = bookingColumns + `where b.casefile = $1 and b.ends > $2 and b.starts < $3 order by b.starts, b.id, u.who`

// listBusy gives one row for each that is in use, since reading a hundred
// thousand rows costs more than adding up their text: the times it is taken, in
// quarters since 1970, each as its first × 65536 + how many (bookings, then
// absences).
const listBusy = `select w.who,
coalesce((select string_agg(cast(u.starts / 900 * 65536 + (u.ends + 899) / 900 - u.starts / 900 as text), ',')
	from booking_use u where u.who = w.who and u.ends > $1 and u.starts < $2), ''),
coalesce((select string_agg(cast(a.starts / 900 * 65536 + (a.ends + 899) / 900 - a.starts / 900 as text), ',')
	from absence a where a.who = w.who and a.ends > $1 and a.starts < $2), '')
from (select 'room/' || id as who from room where used = 1
union all select 'staff/' || staff from roster where used = 1
union all select 'interpreter/' || id from interpreter where used = 1
union all select 'equipment/' || id from equipment where used = 1) w`

// insertVisit adds none to a building that has no room by that name any more.
const insertVisit = `insert into visit (id, casefile, site, starts, ends)
select $1, $2, $3, $4, $5 where exists (select 1 from room where site = $3)`

const deleteVisit = `delete from visit where id = $1 and casefile = $2 and starts >= $3`

const endVisit = `update visit set ends = $3 where id = $1 and casefile = $2 and ends > $3`

const listVisits = `select id, '', site, starts, ends from visit where casefile = $1 and ends > $2
union all select '', b.person, r.site, b.starts, b.ends from booking b join room r on r.id = b.room
where b.casefile = $1 and b.cancelled = 0 and b.ends > $2 order by 4, 3`

const insertTimes = `insert into person_times (casefile, person, whose, suits, never, version) values ($1, $2, $3, $4, $5, 1) on conflict do nothing`

const updateTimes = `update person_times set suits = $4, never = $5, version = version + 1
where casefile = $1 and person = $2 and whose = $3 and version = $6`

const listTimes = `select whose, suits, never, version from person_times where casefile = $1 and person = $2`

const insertCheck = `insert into interpreter_check (casefile, interpreter, asked, at, staff) values ($1, $2, $3, $4, $5)
on conflict (casefile, interpreter) do update set asked = excluded.asked, at = excluded.at, staff = excluded.staff`

const deleteCheck = `delete from interpreter_check where casefile = $1 and interpreter = $2`

const deleteChecks = `delete from interpreter_check where casefile = $1`

const findCheck = `select t.name, coalesce(c.asked, ''), coalesce(c.at, 0), coalesce(c.staff, ''),
(select count(*) from interpreter_conflict x where x.casefile = $1 and x.interpreter = t.id)
from interpreter t left join interpreter_check c on c.interpreter = t.id and c.casefile = $1 where t.id = $2`

const countCleared = `select count(*) from booking b join booking_use u on u.booking = b.id
join interpreter_check c on c.casefile = b.casefile and u.who = 'interpreter/' || c.interpreter
where b.casefile = $1 and b.interview = $2 and b.cancelled = 0`

const listInterpreting = `select b.interview from booking b join booking_use u on u.booking = b.id
where b.casefile = $1 and u.who = $2 order by b.interview`

const insertConflict = `insert into interpreter_conflict (casefile, interpreter) values ($1, $2) on conflict do nothing`

// listBound gives the case files that have something of their own to hold a slot to, such
// as two of them in one building with less than $2 seconds between.
const listBound = `select casefile from person_times union select casefile from visit where ends > $1
union select casefile from interpreter_conflict
union select b.casefile from booking b join room r on r.id = b.room
join booking o on o.casefile = b.casefile and o.person <> b.person and o.cancelled = 0 and o.ends + $2 > b.starts and o.starts < b.ends + $2
join room s on s.id = o.room and s.site = r.site where b.starts > $1 and b.cancelled = 0`

const listConflicts = `select interpreter from interpreter_conflict where casefile = $1`

const deleteFeeds = `delete from feed where who = $1`

const listFeeds = `select who, made from feed`

const insertFeed = `insert into feed (hash, who, made, made_by) values ($1, $2, $3, $4)`

const findFeed = `select who from feed where hash = $1`

const insertSearch = `insert into plan_search (id, casefile, interview, channel, at, staff, day, outcome, studio, waited, found)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

const findSearch = `select found from plan_search where id = $1 and casefile = $2 and interview = $3`

const listStudioSearches = `select channel, at, outcome from plan_search where studio = 1 and at < $1`
