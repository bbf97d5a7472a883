package zenwallet

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Reason is why a webhook is not ours. They are looked for in the order below.
type Reason string

// Every reason.
const (
	// ReasonSecretInvalid is a secret that is not whsec_ and the base64 of 16 to 64 bytes.
	ReasonSecretInvalid Reason = "secret_invalid"
	// ReasonHeaderMissing is that nothing is signed.
	ReasonHeaderMissing Reason = "header_missing"
	// ReasonHeaderMalformed is a header that is not as it should be.
	ReasonHeaderMalformed Reason = "header_malformed"
	// ReasonSignatureMismatch is another secret, or other bytes than were sent.
	ReasonSignatureMismatch Reason = "signature_mismatch"
	// ReasonTimestampTooOld is what was sent longer ago than the tolerance.
	ReasonTimestampTooOld Reason = "timestamp_too_old"
	// ReasonTimestampTooNew is what was sent further ahead than the tolerance.
	ReasonTimestampTooNew Reason = "timestamp_too_new"
	// ReasonBodyMalformed is a body that is no event.
	ReasonBodyMalformed Reason = "body_malformed"
)

const (
	signatureHeader = "X-ZenWallet-Signature"
	headerLimit     = 4096    // bytes
	webhookLimit    = 1 << 20 // bytes of a body; the gateway sends at most 64 KiB
)

// Webhooks verifies what the gateway posts.
type Webhooks struct {
	secret    func() string // a function, so that no way of printing shows it
	tolerance time.Duration
	now       func() time.Time
}

// signed is what a header says.
type signed struct {
	id, timestamp string
	signatures    []string
	encode        func([]byte) string // how the signatures are written
}

// Verify tells whether the bytes are ours; signature is the header X-ZenWallet-Signature. Give it the
// body as it came, before anything parses it.
func (w *Webhooks) Verify(body []byte, signature string) bool {
	_, err := w.ConstructEvent(body, http.Header{http.CanonicalHeaderKey(signatureHeader): {signature}})
	return err == nil
}

// ConstructEvent is the event of a webhook whose bytes are ours, else an *Error of the kind
// ErrSignatureVerification with its Reason. The header is the request's: X-ZenWallet-Signature is
// looked for first, then the headers of Standard Webhooks.
func (w *Webhooks) ConstructEvent(body []byte, header http.Header) (*Event, error) {
	event, reason := w.check(body, header)
	if reason != "" {
		message := "the webhook is not ours: " + string(reason)
		return nil, &Error{Kind: ErrSignatureVerification, Reason: reason, Message: message}
	}
	return event, nil
}

func (w *Webhooks) check(body []byte, header http.Header) (*Event, Reason) {
	key, ok := decodeSecret(w.secret())
	if !ok {
		return nil, ReasonSecretInvalid
	}
	given, reason := readSigned(header)
	if reason != "" {
		return nil, reason
	}
	if !given.matches(key, body) {
		return nil, ReasonSignatureMismatch
	}
	seconds, err := strconv.ParseInt(given.timestamp, 10, 64)
	if err != nil {
		return nil, ReasonHeaderMalformed
	}
	// Whole seconds on both sides: the gateway counts no others.
	age, tolerance := w.now().Unix()-seconds, int64(w.tolerance/time.Second)
	if age > tolerance {
		return nil, ReasonTimestampTooOld
	}
	if age < -tolerance {
		return nil, ReasonTimestampTooNew
	}
	event := new(Event)
	if decodeObject(body, event) != nil {
		return nil, ReasonBodyMalformed
	}
	return event, ""
}

// Handler verifies each request and calls f with its event. It answers 204 when f returns nil, 400
// with the reason when the webhook is not ours, and 500 when f fails, so that it is sent again. An
// event can come more than once: its EventID says so. f has 10 seconds, the gateway waits no longer.
func (w *Webhooks) Handler(f func(context.Context, *Event) error) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			rw.Header().Set("Allow", http.MethodPost)
			http.Error(rw, "webhooks are posted", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, webhookLimit))
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			http.Error(rw, "the body is too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(rw, "the body broke off", http.StatusBadRequest)
			return
		}
		event, reason := w.check(body, r.Header)
		if reason != "" {
			http.Error(rw, string(reason), http.StatusBadRequest)
			return
		}
		if f(r.Context(), event) != nil {
			http.Error(rw, "the event was not dealt with", http.StatusInternalServerError)
			return
		}
		rw.WriteHeader(http.StatusNoContent)
	})
}

func decodeSecret(secret string) ([]byte, bool) {
	text := strings.TrimPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	// Written back, since the decoder passes over line breaks.
	if text == secret || err != nil || base64.StdEncoding.EncodeToString(key) != text {
		return nil, false
	}
	return key, len(key) >= 16 && len(key) <= 64
}

func readSigned(header http.Header) (signed, Reason) {
	if own := header.Get(signatureHeader); own != "" {
		return readOwn(own)
	}
	id, timestamp, list := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp"), header.Get("Webhook-Signature")
	if id == "" || timestamp == "" || list == "" {
		return signed{}, ReasonHeaderMissing
	}
	given := signed{id: id, timestamp: timestamp, encode: base64.StdEncoding.EncodeToString}
	if len(list) > headerLimit {
		return signed{}, ReasonHeaderMalformed
	}
	for _, one := range strings.Split(list, " ") {
		if value := strings.TrimPrefix(one, "v1,"); value != one {
			given.signatures = append(given.signatures, value)
		}
	}
	return given.checked()
}

// readOwn reads t=<seconds>,id=<event id>,v1=<hex>[,v1=<hex>]; other fields are passed over.
func readOwn(header string) (signed, Reason) {
	if len(header) > headerLimit {
		return signed{}, ReasonHeaderMalformed
	}
	given := signed{encode: hex.EncodeToString}
	times, ids := 0, 0
	for _, field := range strings.Split(header, ",") {
		name, value, isPair := strings.Cut(field, "=")
		switch {
		case !isPair:
		case name == "t":
			given.timestamp, times = value, times+1
		case name == "id":
			given.id, ids = value, ids+1
		case name == "v1":
			given.signatures = append(given.signatures, value)
		}
	}
	if times != 1 || ids != 1 {
		return signed{}, ReasonHeaderMalformed
	}
	return given.checked()
}

func (s signed) checked() (signed, Reason) {
	isTime := len(s.timestamp) >= 1 && len(s.timestamp) <= 12 && strings.Trim(s.timestamp, "0123456789") == ""
	if !isTime || !isVisible(s.id, 64) || len(s.signatures) == 0 {
		return signed{}, ReasonHeaderMalformed
	}
	return s, ""
}

// matches compares in constant time, and looks at every signature.
func (s signed) matches(key, body []byte) bool {
	expected, found := []byte(s.encode(s.mac(key, body))), false
	for _, one := range s.signatures {
		found = hmac.Equal(expected, []byte(one)) || found
	}
	return found
}

func (s signed) mac(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(s.id + "." + s.timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// isVisible tells whether text is 1 to limit visible ASCII characters.
func isVisible(text string, limit int) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '!' || text[i] > '~' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= limit
}

var errNoObject = errors.New("it is no JSON object")

// decodeObject reads one JSON object; members that this version does not know are passed over.
func decodeObject(data []byte, into any) error {
	if !utf8.Valid(data) || !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return errNoObject
	}
	return json.Unmarshal(data, into)
}
