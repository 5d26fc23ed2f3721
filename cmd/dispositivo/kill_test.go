package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"dispositivo/internal/clock"
	"dispositivo/internal/testkit"
)

// proves promise 1, C7, C11 and E3: whatever moment the server is killed at, what
// it acknowledged is there and happened once, and subscribers were told of it.
func TestKill(t *testing.T) {
	t.Parallel()
	killTrial(t, embedded(), 10)
}

// proves promise 1, C7 and C11 on PostgreSQL and Redis, which are killed too, and Redis
// made to forget everything.
func TestKillPostgresRedis(t *testing.T) {
	t.Parallel()
	killTrial(t, killable(t), 10)
}

// ground is what a trial's server stands on.
type ground struct {
	name     string
	database string                  // "": SQLite in the data folder
	redis    *testkit.RedisServer    // nil: embedded
	postgres *testkit.PostgresServer // nil: it is not killed
}

func embedded() ground { return ground{name: "SQLite, embedded queue"} }

// killable is a ground on which PostgreSQL, too, can be killed.
func killable(t testing.TB) ground {
	t.Helper()
	p := testkit.OwnPostgres(t)
	return ground{name: "PostgreSQL, Redis", database: p.URL(), redis: testkit.Redis(t), postgres: p}
}

// The measures of a round.
const (
	shortestLife     = 50 * time.Millisecond
	longestLife      = 1500 * time.Millisecond
	holdersEachRound = 4
)

// killTrial kills a working server once a round and proves afterwards that
// nothing was lost or done twice.
func killTrial(t *testing.T, g ground, rounds int) figures { //nolint:unparam // the soak test writes them down
	seed := seedOf(t)
	begin := clock.System().Now()
	tr := newTrial(t, g, rounds*holdersEachRound)
	tr.startDesk()
	random := rand.New(rand.NewPCG(seed, uint64(rounds))) // a trial that can be repeated
	for n := range rounds {
		tr.round(random, tr.holders[n*holdersEachRound:(n+1)*holdersEachRound])
	}
	tr.settle()
	return tr.prove().during(t, seed, rounds, begin)
}

// round lets holders send and the reviewer decide until a random moment at
// which the server is killed; what has no answer then is sent again to the next
// one. On a slow machine the round waits until not too many are at it.
func (tr *trial) round(random *rand.Rand, holders []*holder) {
	err := testkit.WaitFor(5*time.Minute, func() error {
		if n := tr.sending.Load(); n > 2*holdersEachRound {
			return errNotYet("%d holders have no answer", n)
		}
		return nil
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	life := between(random, shortestLife, longestLife)
	acts := []act{{at: life, do: tr.kill}}
	for _, h := range holders {
		papers := 1 + random.IntN(2)
		acts = append(acts, act{at: between(random, 0, life), do: func() { tr.send(h, papers) }})
	}
	tr.play(sorted(append(acts, tr.faults(random, life)...)))
	tr.server.start()
}

// faults are what happens in a round to the servers that the ground has.
func (tr *trial) faults(random *rand.Rand, life time.Duration) []act {
	var acts []act
	if tr.ground.redis != nil {
		acts = append(acts, tr.redisFaults(random, life)...)
	}
	if tr.ground.postgres != nil {
		acts = append(acts, tr.postgresFaults(random, life)...)
	}
	return acts
}

// redisFaults makes Redis forget in every round, and be dead for a while in
// every other one.
func (tr *trial) redisFaults(random *rand.Rand, life time.Duration) []act {
	acts := []act{{at: between(random, 0, life), do: func() {
		if err := tr.ground.redis.FlushAll(); err == nil {
			tr.flushes++
		} // else it is dead just now, and has forgotten more
	}}}
	if random.IntN(2) == 0 {
		return acts
	}
	dead := between(random, 0, life)
	return append(acts,
		act{at: dead, do: tr.ground.redis.Stop},
		act{at: between(random, dead, life), do: func() { tr.ground.redis.Start(); tr.redisKills++ }},
	)
}

// postgresFaults makes PostgreSQL be dead for a while.
func (tr *trial) postgresFaults(random *rand.Rand, life time.Duration) []act {
	dead := between(random, 0, life)
	return []act{
		{at: dead, do: tr.ground.postgres.Kill},
		{at: between(random, dead, life), do: func() { tr.ground.postgres.Start(); tr.postgresKills++ }},
	}
}

// act is something that happens at a moment of a round.
type act struct {
	at time.Duration
	do func()
}

// play does the acts in their order, each not before its moment.
func (tr *trial) play(acts []act) {
	begin := clock.System().Now()
	for _, a := range acts {
		<-time.After(a.at - clock.System().Now().Sub(begin))
		a.do()
	}
}

// kill ends the server as a power cut would; whoever is at it gets no answer.
func (tr *trial) kill() {
	tr.server.kill()
	tr.life.Add(1)
}

// between returns a random duration of [low, high).
func between(random *rand.Rand, low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(random.Int64N(int64(high-low)))
}

// seedOf returns the seed of the environment, so that a trial can be repeated,
// else a new one, and prints it.
func seedOf(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("DISPOSITIVO_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("DISPOSITIVO_SEED: %v", err)
		}
	}
	t.Logf("to repeat: DISPOSITIVO_SEED=%d", seed)
	return seed
}

// errNotYet says what is still waited for.
func errNotYet(format string, args ...any) error { return fmt.Errorf(format, args...) }
