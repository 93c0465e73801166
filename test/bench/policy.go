package main

import (
	"fmt"
	"testing"
	"time"

	"verhaal/internal/policy"
	"verhaal/packs"
)

// policyPart measures the Dutch pack: reading it, and a decision over all its
// rules with every sentence put into words.
func policyPart() error {
	pack, err := policy.Load(packs.FS, "nl")
	if err != nil {
		return err
	}
	load := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, err = policy.Load(packs.FS, "nl")
		}
	})
	if err != nil {
		return err
	}
	slowest, example := time.Duration(0), ""
	for _, name := range pack.Examples() {
		facts := pack.Example(name)
		took := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				var d policy.Decision
				d, err = pack.Decide(facts, pack.InForce)
				for _, r := range d.Requirements {
					r.Why("en")
				}
			}
		})
		if err != nil {
			return err
		}
		if each := time.Duration(took.NsPerOp()); each > slowest {
			slowest, example = each, name
		}
	}
	results := pack.Test()
	row(fmt.Sprintf("a decision with its words over %d rules", len(pack.Rules)), fmt.Sprintf("%.0f µs", float64(slowest.Nanoseconds())/1000), "< 100 µs", "the slowest of the pack's examples: "+example)
	row("load pack nl and the pack it extends", fmt.Sprintf("%.0f ms", ms(time.Duration(load.NsPerOp()))), "< 100 ms", "")
	row("worked cases of pack nl", fmt.Sprintf("%d passed, %d failed", results.Passed, len(results.Failed)), "≥ 150, 0 failed", "")
	return nil
}
