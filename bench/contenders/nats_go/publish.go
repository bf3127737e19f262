// Publishes COUNT messages of BYTES bytes to SUBJECT with at most WINDOW unacknowledged ones, and prints the milliseconds
// from the first message to the last acknowledgement.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

func main() {
	if len(os.Args) != 6 {
		fail(fmt.Errorf("usage: publish URL SUBJECT COUNT BYTES WINDOW"))
	}
	url, subject := os.Args[1], os.Args[2]
	count, bytes, window := number(os.Args[3]), number(os.Args[4]), number(os.Args[5])
	connection, err := nats.Connect(url)
	if err != nil {
		fail(err)
	}
	defer connection.Close()
	stream, err := connection.JetStream(nats.PublishAsyncMaxPending(window), nats.PublishAsyncErrHandler(
		func(_ nats.JetStream, _ *nats.Msg, err error) { fail(err) }))
	if err != nil {
		fail(err)
	}
	value := make([]byte, bytes)
	for index := range value {
		value[index] = 'x'
	}
	started := time.Now()
	for sent := 0; sent < count; sent++ {
		if _, err := stream.PublishAsync(subject, value); err != nil {
			fail(err)
		}
	}
	<-stream.PublishAsyncComplete()
	fmt.Println(float64(time.Since(started).Microseconds()) / 1000)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		fail(err)
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
