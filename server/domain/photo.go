package domain

import "time"

// Photo is one picture that shows how an item was done. Who took it and when is
// part of the evidence; the picture itself lies in a file of that name, without
// anything that the camera wrote into it. A struck photo stays as a row.
type Photo struct {
	ID         string     `bun:",pk" json:"id"` // made on the phone: sent again it is the same photo
	ItemID     string     `json:"item_id"`
	EventID    string     `json:"event_id"`
	File       string     `json:"-"` // made by the server: nobody can write over a file by naming it
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	TakenAt    time.Time  `json:"taken_at"` // acted-at
	TakenBy    string     `json:"taken_by"`
	ReceivedAt time.Time  `json:"received_at"`
	StruckAt   *time.Time `json:"struck_at,omitempty"`
	StruckBy   string     `bun:",nullzero" json:"struck_by,omitempty"`
	Erased     bool       `json:"-"` // the files are gone, some time after it was struck
}

// GuestPhoto is what a guest looks like, for who receives him. Personal data: shown
// where his name is, and gone with it. A row that is struck stays only until its
// files are gone.
type GuestPhoto struct {
	ID       string     `bun:",pk" json:"id"` // made on the phone: sent again it is the same photo
	GuestID  string     `json:"guest_id"`
	EventID  string     `json:"event_id"`
	File     string     `json:"-"` // see Photo
	AddedAt  time.Time  `json:"added_at"`
	AddedBy  string     `json:"added_by"`
	StruckAt *time.Time `json:"-"`
}

// MaxPhotos is how many photos of one item may stand.
const MaxPhotos = 12

// AllowsPhotos is false where nobody may photograph anything (D.5): then photos
// are neither offered nor asked for nor shown.
func (e *Event) AllowsPhotos() bool { return e.Secrecy != SecrecySecret }

// PhotoRequired is true where the tick must come with a photo. During the event
// it is not: the hall is dark and silent, one tap must do.
func (i *Item) PhotoRequired() bool {
	return i.Evidence == EvidencePhoto && i.Phase != PhaseDuring && !i.IsRound() && !i.NoPhotos
}

// PhotoMissing tells that a tick would be refused for want of a photo. After a
// rejection it takes a new one: the old ones show what was wrong.
func (i *Item) PhotoMissing() bool {
	if !i.PhotoRequired() {
		return false
	}
	for k := range i.Photos {
		if i.RejectedAt == nil || !i.Photos[k].TakenAt.Before(*i.RejectedAt) {
			return false
		}
	}
	return true
}

func (i *Item) photoWanted() string {
	if len(i.Photos) > 0 {
		return "item.new_photo_needed"
	}
	return "item.photo_needed"
}

// AddPhoto puts a photo to the item; the same one again is quiet. One that was
// taken before the item was settled may come late, so no state refuses it.
func (i *Item) AddPhoto(p Photo) (changed bool, err error) {
	if i.NoPhotos {
		return false, Conflict("photo.secret")
	}
	for k := range i.Photos {
		if i.Photos[k].ID == p.ID {
			return false, nil
		}
	}
	if len(i.Photos) >= MaxPhotos {
		return false, Conflict("photo.too_many", "max", "12")
	}
	i.Photos = append(i.Photos, p)
	return true, nil
}

// StrikePhoto takes a photo away; not from under a tick that rests on it, and
// what was accepted stays as it was seen.
func (i *Item) StrikePhoto(id string) (changed bool, err error) {
	if i.NoPhotos {
		return false, Conflict("photo.secret")
	}
	for k := range i.Photos {
		if i.Photos[k].ID != id {
			continue
		}
		if i.Status == ItemAccepted {
			return false, Conflict("item.accepted_already")
		}
		rest := *i
		rest.Photos = append(append([]Photo{}, i.Photos[:k]...), i.Photos[k+1:]...)
		if !i.Open() && i.Status != ItemNotNeeded && rest.PhotoMissing() {
			return false, Conflict("photo.last")
		}
		i.Photos = rest.Photos
		return true, nil
	}
	return false, nil
}
