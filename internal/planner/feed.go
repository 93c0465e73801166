package planner

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"time"

	"verhaal/internal/custody"
	"verhaal/internal/db"
	"verhaal/internal/fault"
)

// MakeFeed makes a secret address for the calendar of one room or person, in
// place of any earlier one, and gives out the secret, once.
func (b *Book) MakeFeed(ctx context.Context, actor, who string) (secret string, err error) {
	if kind, id, _ := strings.Cut(who, "/"); (kind != "room" && kind != "staff") || id == "" {
		return "", fault.New(fault.BadInput, "", "no room and no colleague")
	}
	secret = newID() + newID()
	hash := sha256.Sum256([]byte(secret))
	_, err = b.log.Do(ctx, custody.Act{Kind: "planner.feed_made", Actor: actor, Subject: who}, func(tx *db.Tx) error {
		if _, err := tx.Exec(deleteFeeds, who); err != nil {
			return err
		}
		_, err := tx.Exec(insertFeed, hash[:], who, b.clock().Unix(), actor)
		return err
	})
	return secret, err
}

// EndFeed ends the calendar of a room or person: its address is none from now on.
func (b *Book) EndFeed(ctx context.Context, actor, who string) error {
	return b.save(ctx, custody.Act{Kind: "planner.feed_ended", Actor: actor, Subject: who}, func(tx *db.Tx) (int64, error) {
		return tx.Exec(deleteFeeds, who)
	})
}

// Feeds says since when there is a calendar for other programs, by whose it is.
func (b *Book) Feeds(ctx context.Context) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	return out, db.Each(b.db.Source(ctx), listFeeds, func(row func(...any) error) error {
		var who string
		var made int64
		err := row(&who, &made)
		out[who] = b.span(made, made).Start
		return err
	})
}

// Feed lists what is booked for whom a secret stands, from a month ago to a
// year ahead; NotFound for a secret that is none.
func (b *Book) Feed(ctx context.Context, secret string) ([]Booking, error) {
	hash := sha256.Sum256([]byte(secret))
	var who string
	err := b.db.QueryRow(ctx, findFeed, hash[:]).Scan(&who)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "", "no such calendar")
	}
	if err != nil {
		return nil, err
	}
	now := b.clock()
	return b.bookings(b.db.Source(ctx), listBookingsOf, who, now.AddDate(0, -1, 0).Unix(), now.Add(longest-35*24*time.Hour).Unix())
}
