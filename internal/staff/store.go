package staff

const memberColumns = `s.id, s.login, s.name, s.lang, s.powers, s.state, s.invite_until, s.recipient, s.since`

const (
	memberByID = `select ` + memberColumns + ` from staff s where s.id = $1`

	memberByLogin = `select ` + memberColumns + ` from staff s where s.login = $1`

	memberByCode = `select ` + memberColumns + ` from staff s
where s.invite_hash = $1 and s.state = 'invited' and s.invite_until > $2`

	memberBySession = `select t.until, ` + memberColumns + ` from staff_session t join staff s on s.id = t.staff
where t.token_hash = $1 and t.until > $2 and s.state = 'active'`

	listMembers = `select ` + memberColumns + ` from staff s
where $1 = '' or (s.name, s.id) > (select o.name, o.id from staff o where o.id = $1)
order by s.name, s.id limit $2`

	activePowers = `select powers from staff where state = 'active' and id <> $1`

	otherWithLogin = `select id from staff where login = $1 and id <> $2`

	insertMember = `insert into staff (id, login, name, lang, powers, state, invite_hash, invite_until, recipient, since)
values ($1, $2, $3, $4, $5, 'invited', $6, $7, '', $8)`

	deleteNameless = `delete from staff where state = 'invited' and name = ''`

	renewInvitation = `update staff set invite_hash = $2, invite_until = $3 where id = $1 and state = 'invited' and name <> ''`

	activate = `update staff set state = 'active', invite_hash = null, since = $3, login = $4, name = $5, lang = $6, recipient = $7
where id = $1 and invite_hash = $2 and state = 'invited' and invite_until > $3`

	setPassphrase = `update staff set salt = $2, proof_hash = $3 where id = $1`
	setLang       = `update staff set lang = $2 where id = $1`
	setPowers     = `update staff set powers = $2 where id = $1 and state <> 'left'`

	setLeft = `update staff set state = 'left', login = $2, invite_hash = null, salt = null, proof_hash = null
where id = $1 and state <> 'left'`
)

const (
	proofByLogin = `select s.id, s.proof_hash, w.wrapped from staff s
join staff_wrap w on w.staff = s.id and w.kind = 'passphrase' and w.credential = ''
where s.login = $1 and s.state = 'active'`

	proofOfMember = `select proof_hash from staff where id = $1`
)

const (
	putWrap = `insert into staff_wrap (staff, kind, credential, wrapped) values ($1, $2, $3, $4)
on conflict (staff, kind, credential) do update set wrapped = excluded.wrapped`

	findWrap    = `select wrapped from staff_wrap where staff = $1 and kind = $2 and credential = $3`
	listWraps   = `select kind, credential, wrapped from staff_wrap where staff = $1 and kind <> 'recovery' order by kind, credential`
	deleteWrap  = `delete from staff_wrap where staff = $1 and kind = $2 and credential = $3`
	deleteWraps = `delete from staff_wrap where staff = $1`

	countUnlocking = `select count(*) from staff_wrap where staff = $1 and kind <> 'recovery'`
)

const (
	publicOfPasskeys = `select public from passkey where staff = $1 order by since, credential`

	insertPasskey = `insert into passkey (credential, staff, label, public, since) values ($1, $2, $3, $4, $5)
on conflict (credential) do nothing`

	updatePasskey  = `update passkey set public = $3 where credential = $1 and staff = $2`
	deletePasskey  = `delete from passkey where credential = $1 and staff = $2`
	deletePasskeys = `delete from passkey where staff = $1`

	listPasskeys = `select p.credential, p.label, p.since,
	(select count(*) from staff_wrap w where w.staff = p.staff and w.kind = 'passkey' and w.credential = p.credential)
from passkey p where p.staff = $1 order by p.since, p.credential`

	spendCeremony = `insert into staff_ceremony (hash, until) values ($1, $2) on conflict (hash) do nothing`
)

const certificateColumns = `c.id, c.staff, c.kind, c.valid_from, c.valid_until, c.number, c.recorded_by, c.revoked`

const (
	insertCertificate = `insert into certificate (id, staff, kind, valid_from, valid_until, number, recorded_by, revoked)
values ($1, $2, $3, $4, $5, $6, $7, 0)`

	revokeCertificate = `update certificate set revoked = 1 where id = $1 and staff = $2 and revoked = 0`

	countCertificates = `select count(*) from certificate c join staff s on s.id = c.staff and s.state = 'active'
where c.staff = $1 and c.kind = $2 and c.revoked = 0 and c.valid_from <= $3 and c.valid_until >= $3`

	listCertificates = `select ` + certificateColumns + ` from certificate c
where c.staff = $1 order by c.valid_until desc, c.id limit 50`

	certificatesInForce = `select ` + certificateColumns + ` from certificate c join staff s on s.id = c.staff and s.state = 'active'
where c.revoked = 0 order by c.staff, c.kind, c.valid_until`

	endingCertificates = `select ` + certificateColumns + ` from certificate c join staff s on s.id = c.staff and s.state = 'active'
where c.revoked = 0 and c.valid_until between $1 and $2 order by c.valid_until, c.id limit $3`
)

const (
	insertSession = `insert into staff_session (token_hash, staff, share, created, until)
select $1, s.id, $3, $4, $5 from staff s where s.id = $2 and s.state = 'active'`

	shareOf        = `select share from staff_session where token_hash = $1 and until > $2`
	staffOfSession = `select staff from staff_session where token_hash = $1`
	deleteSession  = `delete from staff_session where token_hash = $1`
	deleteSessions = `delete from staff_session where staff = $1`

	countOver = `select (select count(*) from staff_session where until <= $1) + (select count(*) from staff_ceremony where until <= $1)`

	deleteOverSessions   = `delete from staff_session where until <= $1`
	deleteOverCeremonies = `delete from staff_ceremony where until <= $1`
)
