package desk

const findSealing = `select s.open, e.epoch, e.recipient from ring_epoch e join channel_state s on s.channel = e.ring
where e.ring = $1 order by e.epoch desc limit 1`

const findMember = `select since from desk_member where channel = $1 and staff = $2`

const listMembers = `select staff from desk_member where channel = $1 order by since, staff`

const listChannelsOf = `select channel from desk_member where staff = $1`

const insertMember = `insert into desk_member (channel, staff, since, added_by) values ($1, $2, $3, $4)
on conflict (channel, staff) do nothing`

const deleteMember = `delete from desk_member where channel = $1 and staff = $2`

const findOpen = `select open from channel_state where channel = $1`

const setOpen = `insert into channel_state (channel, open) values ($1, $2)
on conflict (channel) do update set open = excluded.open`
