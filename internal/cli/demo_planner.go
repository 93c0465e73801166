package cli

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"verhaal/internal/client"
)

// The demonstration's calendar: an interview room and a studio near the desk,
// where the studio is out of order, and a studio in another region.
var (
	demoWeek  = url.Values{"day": {"mo", "tu", "we", "th", "fr"}, "from": {"08:30"}, "to": {"18:00"}}
	demoRooms = []url.Values{
		{"name": {"Interview room 3"}, "kind": {"interview_room"}, "region": {"Amsterdam"}, "site": {"Amsterdam station"}},
		{"name": {"Quiet room"}, "kind": {"interview_room"}, "region": {"Amsterdam"}, "site": {"Amsterdam station"}, "adapted": {"1"}},
		{"name": {"Studio Amsterdam"}, "kind": {"child_friendly_studio"}, "region": {"Amsterdam"}, "site": {"Studio house Amsterdam"}, "adapted": {"1"}},
		{"name": {"Studio Utrecht"}, "kind": {"child_friendly_studio"}, "region": {"Utrecht"}, "site": {"Studio house Utrecht"}, "adapted": {"1"}},
	}
	demoInterpreters = []url.Values{
		{"name": {"Interpreter L. Popa"}, "languages": {"ro"}, "number": {"10001"}, "until": {"2031-12-31"}, "sex": {"f"}},
		{"name": {"Interpreter M. Ivanov"}, "languages": {"bg, ro"}, "number": {"10002"}, "until": {"2030-06-30"}, "sex": {"m"}},
		{"name": {"Interpreter N. Wolska"}, "languages": {"pl"}, "sex": {"f"}},
	}
	// demoRoster says where people of the demonstration work.
	demoRoster = map[string]string{"avim": "Amsterdam", "avim2": "Amsterdam", "avim3": "Utrecht", "labour": "Utrecht", "labour2": "Utrecht"}
)

// furnishCalendar fills the calendar, as the recordings manager does. ids are
// those of the staff by login.
func furnishCalendar(ctx context.Context, manager *client.Staff, ids map[string]string) error {
	for _, room := range demoRooms {
		room["equipment"] = []string{"overview_camera", "clock_in_picture", "both_in_picture", "empty_room_first"}
		id, err := manager.KeepRoom(ctx, used(room))
		if err != nil {
			return fmt.Errorf("room: %w", err)
		}
		if room.Get("name") == "Studio Amsterdam" {
			today := time.Now()
			if err := manager.Away(ctx, "room/"+id, today.Format(time.DateOnly)+"T00:00", today.AddDate(0, 0, 12).Format(time.DateOnly)+"T23:45", "defect"); err != nil {
				return fmt.Errorf("studio out of order: %w", err)
			}
		}
	}
	for _, interpreter := range demoInterpreters {
		if _, err := manager.KeepInterpreter(ctx, used(interpreter)); err != nil {
			return fmt.Errorf("interpreter: %w", err)
		}
	}
	for login, region := range demoRoster {
		if err := manager.KeepWorker(ctx, ids[login], used(url.Values{"region": {region}})); err != nil {
			return fmt.Errorf("roster of %s: %w", login, err)
		}
	}
	return nil
}

// used are the fields of something that is in use in office hours.
func used(fields url.Values) url.Values {
	out := url.Values{"used": {"1"}}
	for _, part := range []url.Values{demoWeek, fields} {
		for name, values := range part {
			out[name] = values
		}
	}
	return out
}
