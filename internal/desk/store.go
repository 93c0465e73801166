package desk

const findSealing = `select s.open, e.epoch, e.recipient from desk_epoch e join channel_state s on s.channel = e.channel
where e.channel = $1 order by e.epoch desc limit 1`

const findEpoch = `select epoch, recipient, due from desk_epoch where channel = $1 order by epoch desc limit 1`

const lastEpoch = `select coalesce(max(epoch), 0) from desk_epoch where channel = $1`

const insertEpoch = `insert into desk_epoch (channel, epoch, recipient, made_by, made_at, due)
values ($1, $2, $3, $4, $5, 0) on conflict (channel, epoch) do nothing`

const markDue = `update desk_epoch set due = 1 where channel = $1
and epoch = (select max(epoch) from desk_epoch where channel = $1)`

const findMember = `select since from desk_member where channel = $1 and staff = $2`

const listMembers = `select staff from desk_member where channel = $1 order by since, staff`

const listChannelsOf = `select channel from desk_member where staff = $1`

const insertMember = `insert into desk_member (channel, staff, since, added_by) values ($1, $2, $3, $4)
on conflict (channel, staff) do nothing`

const deleteMember = `delete from desk_member where channel = $1 and staff = $2`

const listWraps = `select w.epoch, e.recipient, w.wrapped from desk_wrap w
join desk_epoch e on e.channel = w.channel and e.epoch = w.epoch
where w.channel = $1 and w.holder = $2 order by w.epoch desc`

const listHolders = `select holder from desk_wrap where channel = $1 and epoch = $2`

const listAllHolders = `select distinct holder from desk_wrap where channel = $1`

const insertWrap = `insert into desk_wrap (channel, epoch, holder, wrapped) values ($1, $2, $3, $4)
on conflict (channel, epoch, holder) do nothing`

const deleteWraps = `delete from desk_wrap where channel = $1 and holder = $2`

const findOpen = `select open from channel_state where channel = $1`

const setOpen = `insert into channel_state (channel, open) values ($1, $2)
on conflict (channel) do update set open = excluded.open`
