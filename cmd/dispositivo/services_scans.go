package main

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"dispositivo/intake/counter"
	"dispositivo/queue"
)

// scanners says where the scanners of offices leave what they scan.
type scanners struct {
	ScanFolders map[string]string `help:"Folders in which the scanners of an office leave what they scan: OFFICE=FOLDER;OFFICE=FOLDER. Unset: none." name:"scan-folder" env:"DISPOSITIVO_SCAN_FOLDERS"`
	ScanSettle  time.Duration     `help:"How long a scan without sidecar must not change to count as complete." default:"10s" env:"DISPOSITIVO_SCAN_SETTLE"`
}

// demoScans is the folder of the demonstration's scanner, in its data folder.
const demoScans = "scansioni"

// check refuses a folder without an office, and an office without a folder.
func (c scanners) check() error {
	for office, dir := range c.ScanFolders {
		if office == "" || dir == "" || len(office) > counter.MaxOffice {
			return errors.New("--scan-folder wants OFFICE=FOLDER")
		}
	}
	return nil
}

// scanFolders are the folders by their office; a demonstration has one.
func (c *serveCmd) scanFolders() map[string]string {
	if c.Demo && len(c.ScanFolders) == 0 {
		return map[string]string{demoOffice: filepath.Join(c.Data, demoScans)}
	}
	return c.ScanFolders
}

// folderChores look into the folders of fax gateways and scanners, and into the
// inboxes of fax providers.
func (c *serveCmd) folderChores(h *house, s *services) ([]queue.Chore, error) {
	chores, err := c.chores(h, s.door, s.faxAnswers)
	if err != nil {
		return nil, err
	}
	folders := c.scanFolders()
	for _, office := range slices.Sorted(maps.Keys(folders)) {
		folder, err := s.scans.Watch(counter.Folder{Dir: folders[office], Office: office, Settle: c.ScanSettle})
		if err != nil {
			return nil, err
		}
		chores = append(chores, queue.Chore{Name: "take in scans", Every: time.Second, Do: folder.Look})
	}
	return chores, nil
}
