package staff_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"verhaal/internal/fault"
	"verhaal/internal/seal"
	"verhaal/internal/staff"
)

func TestTheFirstAdministratorIsInvitedOnlyWhileThereIsNone(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		old, err := x.InviteFirst(ctx)
		must(t, err)
		code, err := x.InviteFirst(ctx)
		must(t, err)
		_, err = x.InvitedBy(ctx, old)
		refused(t, err, fault.NotFound, "staff.fault.code")

		e, s := x.enrolment(t, code)
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.BadInput, "staff.fault.names")
		e.Login, e.Name = " Noor ", "Noor de Wit"
		in, err := x.Enrol(ctx, e)
		must(t, err)
		if in.Member.Login != "noor" || !in.Member.Can(staff.Administrator) || in.Member.Recipient != s.own.Recipient() {
			t.Error("the first administrator is not who enrolled")
		}
		_, err = x.InviteFirst(ctx)
		refused(t, err, fault.Conflict, "staff.fault.not_first")
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.NotFound, "staff.fault.code")
	})
}

func TestACodeWorksOnceForSevenDaysAndIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		ctx := context.Background()
		id, code, err := x.Invite(ctx, "admin", staff.Newcomer{Login: "sam", Name: "Sam Bos", Lang: "nl", Powers: []string{staff.Officer}})
		must(t, err)
		typed := strings.ToLower(strings.ReplaceAll(code, "-", " "))
		typed = strings.NewReplacer("0", "o", "1", "l").Replace(typed)
		who, err := x.InvitedBy(ctx, typed)
		must(t, err)
		if who.ID != id || who.Name != "Sam Bos" {
			t.Error("the code leads to somebody else")
		}
		again, err := x.InviteAgain(ctx, "admin", id)
		must(t, err)
		_, err = x.InvitedBy(ctx, code)
		refused(t, err, fault.NotFound, "staff.fault.code")
		x.pass(7 * 24 * time.Hour)
		_, err = x.InvitedBy(ctx, again)
		refused(t, err, fault.NotFound, "staff.fault.code")
		e, _ := x.enrolment(t, again)
		_, err = x.Enrol(ctx, e)
		refused(t, err, fault.NotFound, "staff.fault.code")
		_, _, err = x.Invite(ctx, "admin", staff.Newcomer{Login: "SAM", Name: "Another Sam", Powers: []string{staff.Officer}})
		refused(t, err, fault.Conflict, "staff.fault.login_taken")
	})
}

func TestAnEnrolmentThatCouldNeverUnlockTheKeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, x *fixture) {
		_, code, err := x.Invite(context.Background(), "", staff.Newcomer{Login: "sam", Name: "Sam Bos", Powers: []string{staff.Officer}})
		must(t, err)
		for name, spoil := range map[string]func(*staff.Enrolment){
			"no way in":       func(e *staff.Enrolment) { e.Passphrase = nil },
			"no recovery":     func(e *staff.Enrolment) { e.Recovery = nil },
			"recovery to two": func(e *staff.Enrolment) { e.Recovery = toTwo(t, x) },
			"classic recipient": func(e *staff.Enrolment) {
				e.Recipient = "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq"
			},
			"plain text wrapped":  func(e *staff.Enrolment) { e.Passphrase.Wrapped = []byte("AGE-SECRET-KEY-PQ-1") },
			"proof of 31 bytes":   func(e *staff.Enrolment) { e.Passphrase.Proof = e.Passphrase.Proof[:31] },
			"damaged passkey":     func(e *staff.Enrolment) { e.Passkey = &staff.NewPasskey{State: "x", Label: "x"} },
			"recipient with tail": func(e *staff.Enrolment) { e.Recipient += " " },
		} {
			e, _ := x.enrolment(t, code)
			spoil(&e)
			if _, err := x.Enrol(context.Background(), e); fault.KindOf(err) != fault.BadInput {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func toTwo(t *testing.T, x *fixture) []byte {
	other, err := seal.NewIdentity()
	must(t, err)
	file, err := seal.Seal([]byte("key"), x.recovery.Recipient(), other.Recipient())
	must(t, err)
	return file
}

func TestEveryCodeIsReadBackFromHowPeopleTypeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var secret [10]byte
		copy(secret[:], rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "secret"))
		code := staff.SpellCode(secret)
		typed := rapid.SampledFrom([]string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " - ") + "\n",
			strings.NewReplacer("0", "O", "1", "I").Replace(code)}).Draw(t, "typed")
		if got, err := staff.ParseCode(typed); err != nil || got != secret {
			t.Fatalf("%q read back as %v, %v", typed, got, err)
		}
	})
}

func FuzzCode(f *testing.F) {
	f.Add("0123-4567-89AB-CDEF")
	f.Add("oil")
	f.Add("٠١٢٣-4567")
	f.Fuzz(func(t *testing.T, text string) {
		secret, err := staff.ParseCode(text)
		if err != nil {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("kind %v", fault.KindOf(err))
			}
			return
		}
		if again, err := staff.ParseCode(staff.SpellCode(secret)); err != nil || again != secret {
			t.Error("a code that was read is not read again")
		}
	})
}
