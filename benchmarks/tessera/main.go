// A peer for benchmarks/appending.py: Tessera's POSIX storage, asked to append what it is told.
//
//	tessera FOLDER BATCH
//
// A line on standard input is a JSON array of entries in base64. They are added BATCH at a time, each batch once the one before it is
// sequenced and integrated, with everything synced, as Tessera promises when a future resolves. The answer is one line of JSON: what that
// took, in microseconds by the wall clock and of this process's time. A checkpoint follows in the background and is not waited for.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// A batch is full long before this; nothing waits for it.
const batchAge = time.Second

// The lines are long: many entries at once.
const lineBytesMax = 64 << 20

type cost struct {
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("expected a folder and a number of entries a batch")
	}
	batch, err := strconv.Atoi(os.Args[2])
	if err != nil || batch < 1 {
		log.Fatalf("batch: came %q, expected a number from 1", os.Args[2])
	}
	if err := serve(os.Args[1], batch); err != nil {
		log.Fatal(err)
	}
}

func serve(folder string, batch int) error {
	ctx := context.Background()
	appender, err := open(ctx, folder, batch)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, lineBytesMax)
	for lines.Scan() {
		// encoding/json reads base64 into []byte.
		var entries [][]byte
		if err := json.Unmarshal(lines.Bytes(), &entries); err != nil {
			return err
		}
		took, err := add(ctx, appender, entries, batch)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(took); err != nil {
			return err
		}
	}
	// What was added is on disk; nobody waits for the last checkpoint.
	return lines.Err()
}

func open(ctx context.Context, folder string, batch int) (*tessera.Appender, error) {
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return nil, err
	}
	secret, _, err := note.GenerateKey(rand.Reader, "bench.example/tessera")
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(uint(batch), batchAge)
	appender, _, _, err := tessera.NewAppender(ctx, driver, options)
	return appender, err
}

func add(ctx context.Context, appender *tessera.Appender, entries [][]byte, batch int) (cost, error) {
	wall, before := time.Now(), processTime()
	for start := 0; start < len(entries); start += batch {
		end := min(start+batch, len(entries))
		futures := make([]tessera.IndexFuture, 0, end-start)
		for _, entry := range entries[start:end] {
			futures = append(futures, appender.Add(ctx, tessera.NewEntry(entry)))
		}
		for _, future := range futures {
			if _, err := future(); err != nil {
				return cost{}, fmt.Errorf("entry not added: %w", err)
			}
		}
	}
	return cost{Wall: float64(time.Since(wall).Nanoseconds()) / 1e3, CPU: processTime() - before}, nil
}

// processTime is what this process has used so far, in microseconds.
func processTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e3
}
