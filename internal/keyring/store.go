package keyring

import "strconv"

func (r *Rings) facts(ring string, epoch int64) map[string]string {
	return map[string]string{r.about: ring, "epoch": strconv.FormatInt(epoch, 10)}
}

const findEpoch = `select epoch, recipient, due from ring_epoch where ring = $1 order by epoch desc limit 1`

const lastEpoch = `select coalesce(max(epoch), 0) from ring_epoch where ring = $1`

const insertEpoch = `insert into ring_epoch (ring, epoch, recipient, made_by, made_at, due)
values ($1, $2, $3, $4, $5, 0) on conflict (ring, epoch) do nothing`

const markDue = `update ring_epoch set due = 1 where ring = $1
and epoch = (select max(epoch) from ring_epoch where ring = $1)`

const listWraps = `select w.epoch, e.recipient, w.wrapped from ring_wrap w
join ring_epoch e on e.ring = w.ring and e.epoch = w.epoch
where w.ring = $1 and w.holder = $2 order by w.epoch desc`

const listHolders = `select holder from ring_wrap where ring = $1 and epoch = $2`

const listAllHolders = `select distinct holder from ring_wrap where ring = $1`

const listHeld = `select epoch, holder from ring_wrap where ring = $1 order by epoch, holder`

const insertWrap = `insert into ring_wrap (ring, epoch, holder, wrapped) values ($1, $2, $3, $4)
on conflict (ring, epoch, holder) do nothing`

const deleteWraps = `delete from ring_wrap where ring = $1 and holder = $2`
