// Checks a log of ours with golang.org/x/mod/sumdb, the library under Go's checksum database and under most public logs.
//
// Each line of standard input names a file with one case, as tests/support/foreign.py writes it; each line of standard
// output is the verdict: {"size": ..., "root": ...} or {"refused": "why"}. What is ours in here is fetching and
// splitting; every signature, hash and proof is judged by the library.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A tile spans 8 levels of the tree (c2sp.org/tlog-tiles).
const (
	height = 8
	width  = 1 << height
)

type head struct {
	Note  []byte   `json:"note"`
	Proof [][]byte `json:"proof"`
}

type receipt struct {
	Position int64    `json:"position"`
	Entry    []byte   `json:"entry"`
	Proof    [][]byte `json:"proof"`
}

type logCase struct {
	Vkey     string    `json:"vkey"`
	Log      string    `json:"log"`
	Note     []byte    `json:"note"`
	Older    []head    `json:"older"`
	Receipts []receipt `json:"receipts"`
}

type verdict struct {
	Size    int64  `json:"size"`
	Root    string `json:"root,omitempty"`
	Refused string `json:"refused,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		tree, err := judge(lines.Text())
		answer := verdict{Size: tree.N, Root: tree.Hash.String()}
		if err != nil {
			answer = verdict{Refused: err.Error()}
		}
		if err := answers.Encode(answer); err != nil {
			panic(err)
		}
	}
}

func judge(path string) (tlog.Tree, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	var one logCase
	if err := json.Unmarshal(raw, &one); err != nil {
		return tlog.Tree{}, err
	}
	key, err := note.NewVerifier(one.Vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := open(one.Note, key)
	if err != nil {
		return tree, err
	}
	hashes := tlog.TileHashReader(tree, tiles{one.Log})
	if err := checkTree(tree, hashes, one.Log); err != nil {
		return tree, err
	}
	for _, shown := range one.Receipts {
		if err := checkReceipt(tree, hashes, shown); err != nil {
			return tree, fmt.Errorf("receipt of %d: %w", shown.Position, err)
		}
	}
	for _, older := range one.Older {
		if err := checkOlder(tree, hashes, older, key); err != nil {
			return tree, err
		}
	}
	return tree, nil
}

// open gives the tree of a signed checkpoint: origin, size, root.
func open(raw []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(raw, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		return tlog.Tree{}, fmt.Errorf("no checkpoint of %s: %q", key.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// checkTree computes the root from the tiles, and holds every entry of every bundle against its tile.
func checkTree(tree tlog.Tree, hashes tlog.HashReader, log string) error {
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("tiles lead to %v, signed is %v", root, tree.Hash)
	}
	for start := int64(0); start < tree.N; start += width {
		stop := start + width
		if stop > tree.N {
			stop = tree.N
		}
		entries, err := bundle(log, start, stop)
		if err != nil {
			return err
		}
		wanted := make([]int64, 0, width)
		for at := start; at < stop; at++ {
			wanted = append(wanted, tlog.StoredHashIndex(0, at))
		}
		// The reader gives no hash that it has not followed up to the root.
		leaves, err := hashes.ReadHashes(wanted)
		if err != nil {
			return err
		}
		for at, entry := range entries {
			if tlog.RecordHash(entry) != leaves[at] {
				return fmt.Errorf("entry %d is not the one in the tree", start+int64(at))
			}
		}
	}
	return nil
}

func checkReceipt(tree tlog.Tree, hashes tlog.HashReader, shown receipt) error {
	proof, err := hashList(shown.Proof)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash(shown.Entry)
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, shown.Position, leaf); err != nil {
		return err
	}
	own, err := tlog.ProveRecord(tree.N, shown.Position, hashes)
	if err != nil {
		return err
	}
	return same(own, proof)
}

func checkOlder(tree tlog.Tree, hashes tlog.HashReader, older head, key note.Verifier) error {
	before, err := open(older.Note, key)
	if err != nil {
		return err
	}
	proof, err := hashList(older.Proof)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
		return fmt.Errorf("older size %d: %w", before.N, err)
	}
	own, err := tlog.ProveTree(tree.N, before.N, hashes)
	if err != nil {
		return err
	}
	return same(own, proof)
}

func hashList(raw [][]byte) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(raw))
	for at, one := range raw {
		if len(one) != tlog.HashSize {
			return nil, errors.New("a hash of another length")
		}
		copy(hashes[at][:], one)
	}
	return hashes, nil
}

func same(own, shown []tlog.Hash) error {
	if len(own) != len(shown) {
		return fmt.Errorf("proof of %d hashes, %d were shown", len(own), len(shown))
	}
	for at := range own {
		if own[at] != shown[at] {
			return fmt.Errorf("hash %d of the proof is another", at)
		}
	}
	return nil
}

// bundle reads the entries [start, stop), which lie in one bundle, each behind its length in two bytes.
func bundle(log string, start, stop int64) ([][]byte, error) {
	place := tlog.Tile{H: height, L: 0, N: start / width, W: int(stop - start)}
	raw, err := fetch(log, strings.Replace(path(place), "tile/0/", "tile/entries/", 1))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(raw) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(raw))
		if end > len(raw) {
			return nil, errors.New("a bundle that was cut")
		}
		entries, raw = append(entries, raw[2:end]), raw[end:]
	}
	if len(raw) != 0 || int64(len(entries)) != stop-start {
		return nil, errors.New("a bundle of another number of entries")
	}
	return entries, nil
}

// tiles reads tiles for the library, which checks them.
type tiles struct{ log string }

func (t tiles) Height() int { return height }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	rows := make([][]byte, len(wanted))
	for at, tile := range wanted {
		row, err := fetch(t.log, path(tile))
		if err != nil {
			return nil, err
		}
		if len(row) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", path(tile), len(row))
		}
		rows[at] = row
	}
	return rows, nil
}

// path is the library's path without the height, which C2SP left out.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

// fetch reads a file of the log from a folder or from a server.
func fetch(log, path string) ([]byte, error) {
	if !strings.HasPrefix(log, "http://") {
		return os.ReadFile(filepath.Join(log, filepath.FromSlash(path)))
	}
	answer, err := http.Get(log + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}
