package zenwallet

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const frameLimit = 1 << 20 // bytes of a line, and of all data of an event

// StreamEvents is where a stream begins, and what it tells.
type StreamEvents struct {
	// AfterSeq is the event behind which it begins, 0 for the first of the log; nil for now.
	AfterSeq *int64
	// Type is the only type that is told; empty for all.
	Type EventType
}

// Seq is a place in the log, for StreamEvents.
func Seq(seq int64) *int64 { return &seq }

// Stream follows the log as it grows. It connects with the first Next, and again by itself whenever
// the connection ends: nothing is missed and nothing comes twice. Close it when you are done.
//
//	for stream.Next(ctx) { … stream.Event() … }
//	err := stream.Err()
func (e *Events) Stream(request *StreamEvents) *EventStream {
	s := &EventStream{client: e.client}
	if request != nil {
		s.begin = *request
	}
	return s
}

// EventStream is a stream of events. It belongs to one goroutine.
type EventStream struct {
	client   *Client
	begin    StreamEvents
	place    string // the id of the last frame; empty until there is one
	seq      int64  // the same as a number
	failures int    // in a row
	current  *Event
	err      error
	isOver   bool
	reader   *frameReader
	close    func()
}

// frame is one event of Server-Sent Events.
type frame struct {
	id, name string
	data     []byte
}

// Next waits for the next event. It is false when the stream is over, and when ctx ends: then the next
// Next goes on where this one stopped. Err tells which.
func (s *EventStream) Next(ctx context.Context) bool {
	if s.isOver {
		return false
	}
	s.err = nil
	for {
		event, retryAfter, failure := s.step(ctx)
		if event != nil {
			s.current = event
			return true
		}
		if failure == nil {
			continue
		}
		s.disconnect()
		if ctx.Err() != nil {
			s.err = noAnswer(ctx.Err())
			return false
		}
		s.failures++
		if !isMendable(failure) {
			s.err, s.isOver = s.client.safe(failure), true
			return false
		}
		wait, isShort := s.client.policy.pause(s.failures, retryAfter, time.Now(), randomFraction())
		if !isShort {
			wait = retryAfterMax
		}
		if err := sleep(ctx, wait); err != nil {
			s.err = noAnswer(err)
			return false
		}
	}
}

// Event is the event that Next went to.
func (s *EventStream) Event() *Event { return s.current }

// LastSeq is the place in the log up to which everything was told: where another stream would go on.
// It is 0 until the gateway has named a place.
func (s *EventStream) LastSeq() int64 { return s.seq }

// Err is why Next was false: nil after Close.
func (s *EventStream) Err() error { return s.err }

// Close ends the stream.
func (s *EventStream) Close() {
	s.isOver = true
	s.disconnect()
}

func (s *EventStream) disconnect() {
	if s.close != nil {
		s.close()
	}
	s.reader, s.close = nil, nil
}

// step connects if need be and reads one frame: an event that is new, or a failure, or neither.
func (s *EventStream) step(ctx context.Context) (*Event, string, *Error) {
	if s.client.invalid != nil {
		return nil, "", s.client.invalid
	}
	if s.reader == nil {
		if retryAfter, failure := s.connect(ctx); failure != nil {
			return nil, retryAfter, failure
		}
	}
	defer cancelWith(ctx, s.close)()
	told, err := s.reader.next()
	var spoiled *Error
	switch {
	case errors.As(err, &spoiled):
		return nil, "", spoiled
	case err != nil:
		return nil, "", noAnswer(err)
	}
	event, failure := s.take(told)
	return event, "", failure
}

// take moves the place on, and gives the frame's event if it has a new one.
func (s *EventStream) take(told frame) (*Event, *Error) {
	if told.name == "stream.end" {
		last := &Error{Kind: ErrServer, Message: "the stream was ended"}
		if last.read(told.data) {
			last.Kind = kindOfType(last.Type)
		}
		last.cause = errStreamEnd
		return nil, last
	}
	seq, err := strconv.ParseInt(told.id, 10, 64)
	isPlace := err == nil && seq >= 0 && told.id[0] != '+'
	var event *Event
	if len(told.data) > 0 {
		event = new(Event)
		if err := decodeObject(told.data, event); err != nil {
			return nil, invalidResponse("an event is not what it should be: "+err.Error(), err)
		}
		if !isPlace {
			seq, isPlace = event.Seq, event.Seq > 0
		}
	}
	if isPlace {
		s.failures = 0 // the connection does its work
	}
	// What was told before, and what a newer gateway tells beside the log.
	if !isPlace || s.place != "" && seq <= s.seq {
		return nil, nil
	}
	s.place, s.seq = strconv.FormatInt(seq, 10), seq
	if event != nil && event.Seq == 0 {
		return nil, nil
	}
	return event, nil
}

var errStreamEnd = errors.New("stream.end")

// isMendable tells whether connecting again can mend it.
func isMendable(e *Error) bool {
	if e.cause == errStreamEnd {
		switch e.Code {
		case "shutting_down", "service_unavailable", "overloaded", "rate_limited", "live_connection_limit":
			return true
		}
		return false
	}
	switch e.Status {
	case 0:
		return errors.Is(e, ErrConnection)
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500
}

func (s *EventStream) connect(ctx context.Context) (string, *Error) {
	parameters := &ListEvents{Type: s.begin.Type}
	query := parameters.values()
	if s.begin.AfterSeq != nil {
		query.Set("after_seq", strconv.FormatInt(*s.begin.AfterSeq, 10))
	}
	// The connection outlives this call: it ends by close, not with ctx.
	own, cancel := context.WithCancel(context.Background())
	watch := &watched{timer: time.AfterFunc(s.client.timeout, cancel), silence: s.client.silence}
	defer cancelWith(ctx, cancel)()
	request, err := s.client.request(own, newCall(http.MethodGet, "/api/events/stream", query, nil))
	if err != nil {
		cancel()
		return "", invalidRequest("the request cannot be sent: " + err.Error())
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Accept-Encoding", "identity") // what is compressed comes late
	if s.place != "" {
		request.Header.Set("Last-Event-ID", s.place)
	}
	response, err := s.client.http.Do(request)
	if err != nil {
		isLate := !watch.timer.Stop()
		cancel()
		return "", connectionLost(plain(err), isLate)
	}
	s.close = func() {
		watch.timer.Stop()
		cancel()
		response.Body.Close()
	}
	if response.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
		if err != nil {
			return "", connectionLost(plain(err), own.Err() != nil)
		}
		return response.Header.Get("Retry-After"), statusOfStream(response, body)
	}
	watch.timer.Stop()
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "text/event-stream" {
		return "", invalidResponse("the answer is no stream of events", nil)
	}
	watch.body = response.Body
	s.reader = &frameReader{lines: bufio.NewReaderSize(watch, 16<<10), isFirst: true}
	return "", nil
}

func statusOfStream(response *http.Response, body []byte) *Error {
	if response.StatusCode < 300 {
		return invalidResponse("status "+strconv.Itoa(response.StatusCode)+" is no stream of events", nil)
	}
	return statusError(response.StatusCode, response.Header, body, time.Now())
}

func connectionLost(err error, isLate bool) *Error {
	if isLate {
		err = context.DeadlineExceeded // it was our own clock that ended it
	}
	return noAnswer(err)
}

// cancelWith calls cancel when ctx ends, until the function that it answers is called.
func cancelWith(ctx context.Context, cancel func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			cancel()
		case <-done:
		}
	}()
	return func() { close(done) }
}

// watched ends a connection that says nothing for too long. It watches only while somebody reads.
type watched struct {
	body    io.Reader
	timer   *time.Timer
	silence time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.silence)
	n, err := w.body.Read(p)
	if !w.timer.Stop() && err != nil {
		err = context.DeadlineExceeded
	}
	return n, err
}

// frameReader reads Server-Sent Events with bounded lines and bounded events.
type frameReader struct {
	lines   *bufio.Reader
	line    []byte
	afterCR bool // a line feed would belong to the line before
	isFirst bool
}

// next reads up to the empty line that ends a frame with an id or with data.
func (r *frameReader) next() (frame, error) {
	var told frame
	hasData, hasID := false, false
	for {
		line, err := r.nextLine()
		if err != nil {
			return frame{}, err
		}
		if len(line) == 0 {
			if hasData || hasID {
				return told, nil
			}
			told = frame{}
			continue
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			told.id, hasID = value, value != ""
		case "event":
			told.name = value
		case "data":
			if hasData {
				told.data = append(told.data, '\n')
			}
			told.data, hasData = append(told.data, value...), true
		}
		if len(told.data) > frameLimit {
			return frame{}, invalidResponse("an event of the stream is larger than 1 MiB", nil)
		}
	}
}

// nextLine reads up to a line end: LF, CR, or both.
func (r *frameReader) nextLine() ([]byte, error) {
	r.line = r.line[:0]
	for {
		c, err := r.lines.ReadByte()
		if err != nil {
			return nil, err
		}
		follows := r.afterCR
		r.afterCR = c == '\r'
		if c == '\n' && follows {
			continue
		}
		if c != '\r' && c != '\n' {
			if r.line = append(r.line, c); len(r.line) > frameLimit {
				return nil, invalidResponse("a line of the stream is longer than 1 MiB", nil)
			}
			continue
		}
		if r.isFirst {
			r.line, r.isFirst = bytes.TrimPrefix(r.line, []byte("\xef\xbb\xbf")), false
		}
		return r.line, nil
	}
}
