package planner

const insertRoom = `insert into room (id, name, site, region, kind, adapted, equipment, hours, used, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) on conflict do nothing`

const updateRoom = `update room set name = $2, site = $3, region = $4, kind = $5, adapted = $6, equipment = $7, hours = $8, used = $9, version = version + 1
where id = $1 and version = $10 and not exists (select 1 from room o where o.name = $2 and o.id <> $1)`

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

const insertAbsence = `insert into absence (id, who, starts, ends, why) values ($1, $2, $3, $4, $5)`

const deleteAbsence = `delete from absence where id = $1`

const listAbsences = `select id, who, starts, ends, why from absence where ends > $1 order by starts, id limit 500`

const findBooking = `select id from booking where casefile = $1 and interview = $2 and cancelled = 0`

const insertBooking = `insert into booking (id, casefile, interview, room, starts, ends, made, made_by, cancelled, why)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`

const insertUse = `insert into booking_use (booking, who, starts, ends) values ($1, $2, $3, $4)`

const countTaken = `select (select count(*) from booking_use where who = $1 and ends > $2 and starts < $3)
+ (select count(*) from absence where who = $1 and ends > $2 and starts < $3)`

const deleteUses = `delete from booking_use where booking = $1`

const cancelBooking = `update booking set cancelled = $2, why = $3 where id = $1`

const bookingColumns = `select b.id, b.casefile, b.interview, b.room, r.name, b.starts, b.ends, u.who
from booking b join room r on r.id = b.room join booking_use u on u.booking = b.id `

const listBookingOf = bookingColumns + `where b.casefile = $1 and b.interview = $2 and b.cancelled = 0 order by u.who`

const listBookings = bookingColumns + `where b.id in (select booking from booking_use where ends > $1 and starts < $2)
order by b.starts, b.id, u.who`

const listBookingsOf = bookingColumns + `where b.id in (select booking from booking_use where who = $1 and ends > $2 and starts < $3)
order by b.starts, b.id, u.who`

const listBusy = `select who, starts, ends from booking_use where ends > $1 and starts < $2
union all select who, starts, ends from absence where ends > $1 and starts < $2`

const findVersion = `select version from calendar`

const bumpVersion = `update calendar set version = version + 1`

const insertVisit = `insert into visit (id, casefile, site, starts, ends) values ($1, $2, $3, $4, $5)`

const listVisits = `select site, starts, ends from visit where casefile = $1 and ends > $2 order by starts, id`

const insertConflict = `insert into interpreter_conflict (casefile, interpreter) values ($1, $2) on conflict do nothing`

const listConflicts = `select interpreter from interpreter_conflict where casefile = $1`

const deleteFeeds = `delete from feed where who = $1`

const insertFeed = `insert into feed (hash, who, made, made_by) values ($1, $2, $3, $4)`

const findFeed = `select who from feed where hash = $1`

const insertSearch = `insert into plan_search (id, casefile, interview, channel, at, staff, day, outcome, studio, waited, found)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

const findSearch = `select found from plan_search where id = $1 and casefile = $2 and interview = $3`

const listStudioSearches = `select channel, at, outcome from plan_search where studio = 1 and at < $1`
