// Package queue is the doorbell: a relay hands the open tasks of the outbox to
// asynq, workers do them, and chores keep the house. SQL is the truth: the
// queue may forget everything at any moment, and nothing is lost, because a
// task is closed in the transaction of its own work and rung again until then.
//
// Payloads carry ids alone. The package must not know what a task means:
// handlers are given to it. asynq and miniredis are imported here and nowhere
// else.
package queue
