package zenwallet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	testKey  = "sk_test_0000000000000000000000000000000000000000000"
	someID   = "pay_0000000000000000000001"
	growthMB = 64
)

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

type hostileRow struct {
	Persona       string    `json:"persona"`
	Call          string    `json:"call"`
	Outcome       string    `json:"outcome"`
	Attempts      *int      `json:"attempts"`
	AtLeast       float64   `json:"at_least_s"`
	Within        float64   `json:"within_s"`
	Status        *int      `json:"status"`
	Code          *string   `json:"code"`
	RetryAfter    float64   `json:"retry_after_s"`
	Params        []string  `json:"params"`
	PaymentStatus string    `json:"payment_status"`
	Count         *int      `json:"count"`
	Events        []int64   `json:"events"`
	LastEventIDs  []*string `json:"last_event_ids"`
}

type hostileRequest struct {
	Method         string  `json:"method"`
	IdempotencyKey *string `json:"idempotency_key"`
	LastEventID    *string `json:"last_event_id"`
	Authorization  bool    `json:"authorization"`
}

// gained is what a call came to.
type gained struct {
	count  int
	events []int64
	err    error
}

func TestHostile(t *testing.T) {
	onlyInRepository(t)
	data, err := os.ReadFile("../hostile/personas.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []hostileRow
	if err := json.Unmarshal(data, &rows); err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	server := startHostile(t)
	name := func(row hostileRow) string { return row.Persona + " " + row.Call }
	each(t, rows, name, func(t *testing.T, row hostileRow) { checkHostile(t, server, row) })
	var elsewhere []hostileRequest
	control(t, http.MethodGet, server+"/_requests/elsewhere", &elsewhere)
	if len(elsewhere) > 0 {
		t.Errorf("a redirect was followed: %v", elsewhere)
	}
}

func startHostile(t *testing.T) string {
	t.Helper()
	command := exec.Command("python3", "../hostile/server.py")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(output).ReadString('\n')
		line <- text
	}()
	select {
	case text := <-line:
		if url := strings.TrimPrefix(strings.TrimSpace(text), "listening "); strings.HasPrefix(url, "http") {
			return url
		}
		t.Fatalf("the server says %q", text)
	case <-time.After(30 * time.Second):
		t.Fatal("the server says nothing")
	}
	return ""
}

func control(t *testing.T, method, url string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(testContext(t), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

func checkHostile(t *testing.T, server string, row hostileRow) {
	var told struct {
		BaseURL string `json:"base_url"`
	}
	control(t, http.MethodDelete, server+"/_requests/"+row.Persona, &told)
	client := New(Options{
		APIKey: testKey, BaseURL: told.BaseURL, Timeout: time.Second, Retries: 2,
		Backoff: 10 * time.Millisecond, StreamSilence: time.Second,
	})
	before := memory()
	began := time.Now()
	got := makeCall(testContext(t), client, row)
	took := time.Since(began).Seconds()
	if grown := (memory() - before) >> 20; grown > growthMB {
		t.Errorf("the process grew by %d MiB", grown)
	}
	if took < row.AtLeast || took > 2*row.Within {
		t.Errorf("it took %.2f s of %v to %v", took, row.AtLeast, row.Within)
	}
	checkOutcome(t, row, got)
	var requests []hostileRequest
	control(t, http.MethodGet, server+"/_requests/"+row.Persona, &requests)
	checkRequests(t, row, requests)
}

// memory is what the process ever took from the system.
func memory() int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.Sys)
}

func makeCall(ctx context.Context, client *Client, row hostileRow) (got gained) {
	switch row.Call {
	case "create_payment":
		_, got.err = client.Payments.Create(ctx, &CreatePayment{Amount: "500", Currency: "COINS", ReferenceID: "ORDER_123"})
	case "get_payment":
		_, got.err = client.Payments.Get(ctx, someID)
	case "complete_payment":
		_, got.err = client.Payments.Complete(ctx, someID, &CompletePayment{Status: CompletionStatusSuccess})
	case "list_all_payments":
		it := client.Payments.ListAll(nil)
		for it.Next(ctx) {
			got.count++
		}
		got.err = it.Err()
	case "list_all_events":
		it := client.Events.ListAll(nil)
		for it.Next(ctx) {
			got.count++
		}
		got.err = it.Err()
	case "stream_events":
		stream := client.Events.Stream(&StreamEvents{AfterSeq: Seq(0)})
		defer stream.Close()
		for (row.Outcome != "ok" || len(got.events) < len(row.Events)) && stream.Next(ctx) {
			got.events = append(got.events, stream.Event().Seq)
		}
		got.err = stream.Err()
	default:
		got.err = fmt.Errorf("no call is named %s", row.Call)
	}
	return got
}

func checkOutcome(t *testing.T, row hostileRow, got gained) {
	if row.Count != nil && got.count != *row.Count {
		t.Errorf("%d objects, expected %d", got.count, *row.Count)
	}
	if len(got.events)+len(row.Events) > 0 && !reflect.DeepEqual(got.events, row.Events) {
		t.Errorf("events %v, expected %v", got.events, row.Events)
	}
	if row.Outcome == "ok" {
		if got.err != nil {
			t.Errorf("it failed: %v", got.err)
		}
		return
	}
	var told *Error
	if !errors.As(got.err, &told) || !errors.Is(got.err, Kind(row.Outcome)) {
		t.Fatalf("the error is %v, expected %s", got.err, row.Outcome)
	}
	if row.Outcome == string(ErrTimeout) && !errors.Is(got.err, ErrConnection) {
		t.Error("a timeout is an ErrConnection too")
	}
	if row.Status != nil && (told.Status != *row.Status || row.Code == nil && told.Code != "") {
		t.Errorf("status %d, code %q", told.Status, told.Code)
	}
	if row.Code != nil && told.Code != *row.Code {
		t.Errorf("the code is %q", told.Code)
	}
	if row.RetryAfter != 0 && told.RetryAfter.Seconds() != row.RetryAfter {
		t.Errorf("RetryAfter is %v", told.RetryAfter)
	}
	var params []string
	for _, one := range told.Errors {
		params = append(params, one.Param)
	}
	if row.Params != nil && !reflect.DeepEqual(params, row.Params) {
		t.Errorf("the params are %v", params)
	}
	if row.PaymentStatus != "" && (told.Payment == nil || string(told.Payment.Status) != row.PaymentStatus) {
		t.Errorf("the payment is %v", told.Payment)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if strings.Contains(fmt.Sprintf(verb, got.err), testKey) {
			t.Errorf("%s shows the key", verb)
		}
	}
}

func checkRequests(t *testing.T, row hostileRow, requests []hostileRequest) {
	if row.Attempts != nil && len(requests) != *row.Attempts {
		t.Errorf("%d attempts, expected %d", len(requests), *row.Attempts)
	}
	for i, one := range requests {
		if one.Method == "" {
			continue // it was reset before it could be read
		}
		if !one.Authorization {
			t.Errorf("attempt %d has no key", i+1)
		}
		if one.Method == http.MethodPost && (one.IdempotencyKey == nil || !isVisible(*one.IdempotencyKey, 255) ||
			*one.IdempotencyKey != *requests[0].IdempotencyKey) {
			t.Errorf("attempt %d has another idempotency key, or none", i+1)
		}
		if row.LastEventIDs != nil && i < len(row.LastEventIDs) && !reflect.DeepEqual(one.LastEventID, row.LastEventIDs[i]) {
			t.Errorf("attempt %d has another Last-Event-ID", i+1)
		}
	}
}
