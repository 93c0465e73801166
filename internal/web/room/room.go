// Package room is the face of the recording room: the recorder, the control
// room and the player, and the routes by which records come and go. Everything
// here is encrypted; the pages' scripts do that (ui/room).
package room

import (
	"context"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"strconv"

	"verhaal/internal/casefile"
	"verhaal/internal/fault"
	"verhaal/internal/keyring"
	"verhaal/internal/policy"
	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
	"verhaal/internal/staff"
	"verhaal/internal/web"
)

//go:embed *.html
var pages embed.FS

// Templates are the pages of this face.
func Templates() fs.FS { return pages }

// Files is what these pages need of the case files.
type Files interface {
	View(ctx context.Context, actor, id string) (casefile.File, error)
	Recordable(ctx context.Context, actor, id, interview string) (casefile.Recordable, error)
	Members(ctx context.Context, actor, id string) ([]casefile.Member, error)
	Key(ctx context.Context, actor, id string) (keyring.Epoch, error)
	Facts(ctx context.Context, actor, id, subject string) (map[string]casefile.Fact, error)
}

// People finds colleagues.
type People interface {
	ByID(ctx context.Context, id string) (staff.Member, error)
	ByLogin(ctx context.Context, login string) (staff.Member, error)
	Certificates(ctx context.Context, member string) ([]staff.Certificate, error)
	Today() int
}

type face struct {
	site   *web.Site
	pack   func() *policy.Pack
	book   *recording.Book
	files  Files
	people People
	logKey string
}

// Register adds the pages to mux; logKey verifies what the server acknowledges.
func Register(mux *http.ServeMux, site *web.Site, pack func() *policy.Pack, book *recording.Book, files Files, people People, logKey string) {
	f := &face{site, pack, book, files, people, logKey}
	at := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Officer, h) }
	at("GET /case/{id}/room/{interview}", f.showRecorder)
	at("GET /record/ready", f.ready)
	at("POST /record/{$}", f.start)
	at("POST /record/{id}/parts", f.part)
	at("PUT /record/{id}/{track}/{part}/{seq}", f.take)
	at("GET /record/{id}/{track}/{part}", f.next)
	at("GET /record/{id}/{track}/{part}/stream", f.stream)
	at("POST /record/{id}/marks", f.mark)
	at("POST /record/{id}/gaps", f.gap)
	at("POST /record/{id}/alarms", f.alarm)
	at("POST /record/{id}/watch", f.watch)
	at("GET /record/{id}/state", f.state)
	at("POST /record/{id}/keys", f.release)
	at("POST /record/{id}/played", f.played)
	at("POST /record/{id}/stop", f.stop)
	at("GET /record/{id}/manifest", f.manifest)
	at("GET /record/{id}/export.zip", f.export)
	at("GET /record/{id}/receipt", f.showReceipt)
	at("POST /record/{id}/excerpt", f.excerpt)
	at("POST /record/{id}/minutes/{order}/open", f.openOrder)
	at("PUT /record/{id}/minutes/{order}/archive", f.deliver)
	at("POST /record/{id}/minutes/{order}/refuse", f.refuseOrder)
	at("POST /record/{id}/minutes/{order}/end", f.endOrder)
	at("GET /record/{id}/custody.csv", f.custody)
	at("GET /record/{id}/custody.jsonld", f.caseCustody)
	at("GET /record/{id}/custody.pdf", f.printCustody)
	at("GET /record/{id}/custody", f.showCustody)
	at("GET /record/{id}/watch", f.showWatch)
	at("GET /record/{id}/play", f.showPlay)
	at("POST /record/{id}/topics", f.linkTopic)
	at("POST /record/{id}/topics/{n}/withdraw", f.withdrawTopic)
	at("GET /record/{id}/official", f.showOfficial)
	at("POST /record/{id}/official", f.writeOfficial)
	at("POST /record/{id}/official/sign", f.signOfficial)
	outside := func(pattern string, h web.Handler) { site.HandleStaff(mux, pattern, staff.Prosecutor, h) }
	outside("POST /decisions/minutes/key", f.orderKey)
	outside("POST /decisions/minutes", f.askMinutes)
	outside("POST /decisions/minutes/{order}/open", f.openOwnOrder)
	outside("GET /decisions/minutes/{order}/archive", f.fetchArchive)
	outside("POST /decisions/minutes/{order}/end", f.endOwnOrder)
}

func actor(r *http.Request) string { return web.ActorOf(r).ID }

// maxBody bounds a body of JSON, in bytes.
const maxBody = 128 << 10

// recordingOf reads the recording of an address.
func recordingOf(r *http.Request) (id chunk.ID, err error) {
	if err = id.UnmarshalText([]byte(r.PathValue("id"))); err != nil {
		err = fault.New(fault.NotFound, "", "no such recording")
	}
	return id, err
}

// asked reads the recording of an address, and the body into in.
func asked(r *http.Request, in any) (chunk.ID, error) {
	id, err := recordingOf(r)
	if err == nil {
		err = web.ReadJSON(r, maxBody, in)
	}
	return id, err
}

// partOf reads the part of an address.
func partOf(r *http.Request) (p chunk.Part, err error) {
	if p.Recording, err = recordingOf(r); err != nil {
		return p, err
	}
	track, errTrack := strconv.ParseUint(r.PathValue("track"), 10, 8)
	n, errPart := strconv.ParseUint(r.PathValue("part"), 10, 16)
	if errTrack != nil || errPart != nil {
		return p, fault.New(fault.NotFound, "", "no such part")
	}
	p.Track, p.Number = chunk.Track(track), uint16(n)
	return p, nil
}

// file reads an age file that JSON holds as base64.
func file(text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fault.New(fault.BadInput, "", "no base64")
	}
	return b, nil
}
