package policy

import (
	"maps"
	"slices"
	"testing"
)

func TestFormsOfExploitationAreThoseThatTheGuideAsksFor(t *testing.T) {
	p := netherlands(t)
	forms, ok := p.CodeList("exploitation")
	if !ok || !forms.Many || forms.Standard != "vic_TypeOfExploitation" {
		t.Fatalf("%v %+v", ok, forms)
	}
	for _, q := range p.Guide.Questions {
		if q.ID != "kind" {
			continue
		}
		asked, known := slices.Sorted(slices.Values(q.optionIDs())), slices.Sorted(slices.Values(keys(forms.Entries)))
		same(t, "forms", known, asked)
	}
	for id, value := range map[string]string{
		"sexual": "SexualExploitation", "labour": "ForcedLabour", "criminal": "", "begging": "ForcedBegging", "domestic_servitude": "Servitude",
		"organ": "OrganRemoval", "forced_marriage": "ForcedMarriage", "surrogacy": "Surrogacy", "illegal_adoption": "ForcedAdoption", "other": "Other",
	} {
		if e, ok := forms.Entry(id); !ok || e.Standard != value {
			t.Errorf("%s is %q in the standard, must be %q", id, e.Standard, value)
		}
	}
}

// The three forms of Directive 2024/1712 were not in article 273f when it was
// read: they cover no day until somebody enters the law that does.
func TestWhatIsPendingCoversNoOffence(t *testing.T) {
	forms, _ := netherlands(t).CodeList("exploitation")
	pending := []string{"forced_marriage", "surrogacy", "illegal_adoption"}
	for _, e := range forms.Entries {
		for _, day := range []string{"2015-11-01", "2026-07-15", "2030-01-01"} {
			if _, law := e.BasisOn(day); law == slices.Contains(pending, e.ID) {
				t.Errorf("%s on %s: covered %v", e.ID, day, law)
			}
		}
		for _, b := range e.Bases {
			if b.Checked == "" || b.Ground.Document == "" {
				t.Errorf("%s: a basis without a source", e.ID)
			}
		}
	}
}

func TestAnOffenceIsJudgedByTheLawOfItsDay(t *testing.T) {
	from := `          - {state: pending, checked: "2025-12-22", clause: {rules: [E-05]`
	law := `          - {state: in_force, from: "2027-01-01", until: "2027-12-31", checked: "2026-11-23", clause: {document: old, section: s, confidence: read}}
          - {state: in_force, from: "2028-01-01", checked: "2026-11-23", clause: {document: new, section: s, confidence: read}}
`
	p, err := Load(changed(t, "nl/codes.yaml", from, law+from), "nl")
	if err != nil {
		t.Fatal(err)
	}
	forms, _ := p.CodeList("exploitation")
	marriage, _ := forms.Entry("forced_marriage")
	for day, document := range map[string]string{"2026-12-31": "", "2027-01-01": "old", "2027-12-31": "old", "2028-01-01": "new", "2040-01-01": "new"} {
		if b, ok := marriage.BasisOn(day); ok != (document != "") || b.Ground.Document != document {
			t.Errorf("%s: %q, must be %q", day, b.Ground.Document, document)
		}
	}
}

// The values are those of the standard's own table, all of them where the list
// says what a form offers; only forms of exploitation leave two out.
func TestCodesMapToEveryValueOfTheStandard(t *testing.T) {
	p := netherlands(t)
	standard := map[string][]string{
		"vic_TypeOfExploitation":                 {"ForcedLabour", "SexualExploitation", "ForcedMarriage", "Servitude", "OrganRemoval", "ForcedBegging", "ForcedAdoption", "Surrogacy", "Other"},
		"vic_TypeOfSexExploitation":              {"Prostitution", "Pornography", "RemoteInteractiveServices", "PrivateSexualServices"},
		"vic_MethodsOfControl":                   {"PhysicalThreats", "ThreatsLawEnforcement", "ThreatensChildrenFamily", "DebtBondage", "FalsePromises", "PhysicalAbuse", "SexualAbuse", "TakesEarnings", "RestrictsFinancialAccess", "RestrictsMedicalCare", "WithholdsNecessities", "PsychologicalAbuse", "PsychoactiveSubstance", "ExcessiveWorkingHours", "WithholdsDocuments", "Other", "RestrictsMovement", "UsesChildren"},
		"vic_MethodOfRecruitment":                {"AtAPlaceOfBusiness", "AtAnEducationalInstitution", "AtWork", "ThroughOnlineSocialNetworks", "ThroughAnOnlineAdvertisement", "ThroughATelevisionAdvert", "ThroughANewspaperAdvert", "ThroughFamilyOrFamilyEvents", "ThroughFriendsOrSocialEvents", "Other"},
		"vic_RelationshipToTrafficker":           {"Familial", "Acquainted", "Unaquainted"},
		"vic_TraffickingStatus":                  {"PossibleVictimOfTrafficking", "ActualVictimOfTrafficking", "NotAVictimOfTrafficking"},
		"vic_TraffickingStatusDecisionMakingOrg": {"Police", "NGO", "CourtOrProsecution", "NonPoliceGovernmentalOrganization", "Other"},
		"prs_Gender":                             {"Feminine", "Masculine", "TransgenderFeminine", "TransgenderMasculine", "NonConforming", "NonSpecifiedUnknown"},
		"cas_Status":                             {"Active", "FollowUp", "Closed", "ClosedReferred"},
		"hte_Type":                               {"Recruitment", "Transit", "Exploitation"},
	}
	for _, l := range p.Codes {
		var got []string
		for _, e := range l.Entries {
			if e.Standard != "" {
				got = append(got, e.Standard)
			}
		}
		slices.Sort(got)
		switch want, known := standard[l.Standard]; {
		case known:
			same(t, l.ID, got, slices.Sorted(slices.Values(want)))
			delete(standard, l.Standard)
		case l.Standard == "vic_ForcedLabourIndustry":
			// The 21 sections of ISIC rev. 4, each value with its letter.
			for i, v := range got {
				if v[0] != byte('A'+i) || v[1] != '_' {
					t.Errorf("section %d of ISIC is %s", i, v)
				}
			}
			if len(got) != 21 {
				t.Errorf("%d sections of ISIC", len(got))
			}
		case len(got) > 0:
			t.Errorf("%s: unknown field %s", l.ID, l.Standard)
		}
	}
	if len(standard) > 0 {
		t.Errorf("no list for %v", slices.Sorted(maps.Keys(standard)))
	}
}

func TestTheListsHaveAsManyCodesAsTheirSources(t *testing.T) {
	p := netherlands(t)
	for id, n := range map[string]int{
		"exploitation": 10, "indicators_labour": 12, "indicators_ilo": 6, "means_of_control": 18, "recruitment": 10, "recruiter": 5,
		"relationship": 3, "gender": 6, "age_band": 10, "trafficking_status": 3, "case_status": 4, "special_need": 5, "comensha_file": 3,
		"deviation_reason": 10,
	} {
		if l, ok := p.CodeList(id); !ok || len(l.Entries) != n {
			t.Errorf("%s has %d codes, must have %d", id, len(l.Entries), n)
		}
	}
	// What the standard's list of values does not hold says so.
	control, _ := p.CodeList("means_of_control")
	for _, id := range []string{"restricts_movement", "uses_children"} {
		if e, _ := control.Entry(id); e.Ground.Section == control.Ground.Section {
			t.Errorf("%s claims to be in the list of values", id)
		}
	}
	if e, _ := control.Entry("threats"); e.Ground.Document != control.Ground.Document {
		t.Error("a code without a source of its own has not got that of its list")
	}
}
