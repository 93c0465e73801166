package room

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"verhaal/internal/recording"
	"verhaal/internal/recording/chunk"
)

// thing is a node of JSON-LD.
type thing = map[string]any

// caseOf writes the acts on a recording in CASE, the Cyber-investigation
// Analysis Standard Expression, over UCO (caseontology.org): the recording, the
// people by their pseudonyms with what they did in the interview, and each act
// as an investigative action with its time.
func caseOf(id chunk.ID, acts []recording.Acted) thing {
	film := nodeName("recording", id[:])
	graph := []thing{{"@id": film, "@type": "uco-observable:ObservableObject", "uco-core:name": id.String()}}
	known := map[string]bool{}
	add := func(one thing) {
		if node := one["@id"].(string); !known[node] {
			known[node] = true
			graph = append(graph, one)
		}
	}
	for _, a := range acts {
		act := thing{"@id": nodeName("act", a.Leaf[:]), "@type": "case-investigation:InvestigativeAction", "uco-core:name": a.Kind,
			"uco-core:description": fmt.Sprintf("leaf=%d; %s", a.Seq, details(a)), "uco-action:startTime": at(a.Time), "uco-action:endTime": at(a.Time),
			"uco-action:object": thing{"@id": film}, "uco-core:hasFacet": leafFacet(a.Leaf)}
		if a.Staff != "" {
			person := nodeName("person", []byte(a.Staff))
			act["uco-action:performer"] = thing{"@id": person}
			add(thing{"@id": person, "@type": "uco-identity:Identity", "uco-core:name": a.Staff})
			for _, role := range a.Roles {
				add(thing{"@id": nodeName("role", []byte(role)), "@type": "uco-role:Role", "uco-core:name": role})
				add(thing{"@id": nodeName("has-role", []byte(a.Staff+" "+role)), "@type": "uco-core:Relationship", "uco-core:isDirectional": true,
					"uco-core:kindOfRelationship": "Has_Role", "uco-core:source": thing{"@id": person}, "uco-core:target": thing{"@id": nodeName("role", []byte(role))}})
			}
		}
		graph = append(graph, act)
	}
	const uco = "https://ontology.unifiedcyberontology.org/uco/"
	return thing{"@context": thing{"kb": "urn:verhaal:", "case-investigation": "https://ontology.caseontology.org/case/investigation/",
		"uco-action": uco + "action/", "uco-core": uco + "core/", "uco-identity": uco + "identity/", "uco-observable": uco + "observable/", "uco-role": uco + "role/",
		"uco-types": uco + "types/", "uco-vocabulary": uco + "vocabulary/", "xsd": "http://www.w3.org/2001/XMLSchema#"}, "@graph": graph}
}

// nodeName is a node's name as UCO wants it, with a UUID at its end: version 8, of a
// hash, so that the same thing has the same name in each list.
func nodeName(kind string, of []byte) string {
	u := sha256.Sum256(append([]byte(kind+"\x00"), of...))
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("kb:%s-%x-%x-%x-%x-%x", kind, u[:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

func at(t time.Time) thing {
	return thing{"@type": "xsd:dateTime", "@value": t.UTC().Format(time.RFC3339Nano)}
}

// leafFacet is the act's leaf in the log, by its hash.
func leafFacet(hash [32]byte) thing {
	return thing{"@id": nodeName("leaf", hash[:]), "@type": "uco-observable:ContentDataFacet", "uco-observable:hash": thing{"@id": nodeName("hash", hash[:]), "@type": "uco-types:Hash",
		"uco-types:hashMethod": thing{"@type": "uco-vocabulary:HashNameVocab", "@value": "SHA256"},
		"uco-types:hashValue":  thing{"@type": "xsd:hexBinary", "@value": hex.EncodeToString(hash[:])}}}
}
