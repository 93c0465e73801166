package cases

import (
	"net/http"

	"verhaal/internal/fault"
	"verhaal/internal/web"
)

// reportTaken is the fault of a report that a case file has already.
const reportTaken = "case.fault.report_taken"

// addReports lets the case file rest on more reports of the viewer's desks.
func (f *face) addReports(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Form(r)
	if err != nil {
		return err
	}
	err = f.files.AddReports(r.Context(), actor(r), r.PathValue("id"), in["report"])
	if fault.KeyOf(err) == reportTaken {
		return f.taken(w, r, in["report"])
	}
	if err != nil {
		return err
	}
	return web.Back(w, r, "/case/"+r.PathValue("id")+"/#reports")
}

// takenReport is a report that a case file has; ID and Number are those of the
// file, "" for whoever is no member of it.
type takenReport struct{ Report, ID, Number string }

// taken says which case files have the reports that somebody chose.
func (f *face) taken(w http.ResponseWriter, r *http.Request, reports []string) error {
	var page []takenReport
	for _, report := range reports {
		file, taken, err := f.files.Having(r.Context(), actor(r), report)
		if err != nil {
			return err
		}
		if taken {
			page = append(page, takenReport{report, file.ID, file.Number})
		}
	}
	return f.site.Render(w, r, http.StatusConflict, "cases/taken", page)
}
