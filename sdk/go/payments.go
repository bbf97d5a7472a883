package zenwallet

import (
	"context"
	"net/url"
)

// Payments creates payments, reads them and ends them.
type Payments struct{ client *Client }

// Create makes a payment, to be paid at its PaymentURL.
func (p *Payments) Create(ctx context.Context, request *CreatePayment, options ...CallOption) (*Payment, error) {
	if request == nil {
		return nil, invalidRequest("there is no payment to create")
	}
	return p.post(ctx, "/api/payments/create", request, options)
}

// Get reads a payment; its QR code only WithQRCode.
func (p *Payments) Get(ctx context.Context, paymentID string, options ...CallOption) (*Payment, error) {
	path, err := pathWith("/api/payments/", paymentID, "")
	if err != nil {
		return nil, err
	}
	payment := new(Payment)
	if err := p.client.get(ctx, path, nil, payment, options...); err != nil {
		return nil, err
	}
	return payment.checked()
}

// Complete ends a payment as paid or as failed. One that ended the same way already is answered as it
// is; one that ended otherwise is an ErrConflict that carries it.
func (p *Payments) Complete(ctx context.Context, paymentID string, request *CompletePayment, options ...CallOption) (*Payment, error) {
	path, err := pathWith("/api/payments/", paymentID, "/complete")
	if err != nil {
		return nil, err
	}
	if request == nil {
		return nil, invalidRequest("it is not said how the payment is to end")
	}
	return p.post(ctx, path, request, options)
}

// Cancel calls a payment off: it fails with the code "canceled".
func (p *Payments) Cancel(ctx context.Context, paymentID string, options ...CallOption) (*Payment, error) {
	path, err := pathWith("/api/payments/", paymentID, "/cancel")
	if err != nil {
		return nil, err
	}
	return p.post(ctx, path, nil, options)
}

// List reads a page of payments, newest first; of nil, all of the app's.
func (p *Payments) List(ctx context.Context, request *ListPayments) (*PaymentList, error) {
	list := new(PaymentList)
	if err := p.client.get(ctx, "/api/payments", request.values(), list); err != nil {
		return nil, err
	}
	if list.Data == nil || list.HasMore && list.NextCursor == "" {
		return nil, invalidResponse("the answer is no page of payments", nil)
	}
	return list, nil
}

// ListAll walks every page, each as it is needed. Limit is the size of a page.
//
//	for it.Next(ctx) { … it.Payment() … }
//	err := it.Err()
func (p *Payments) ListAll(request *ListPayments) *PaymentIterator {
	var page ListPayments
	if request != nil {
		page = *request
	}
	seen := map[string]bool{page.Cursor: true}
	return &PaymentIterator{pages[Payment]{more: true, fetch: func(ctx context.Context) ([]Payment, bool, error) {
		list, err := p.List(ctx, &page)
		if err != nil {
			return nil, false, err
		}
		if list.HasMore && seen[list.NextCursor] {
			return nil, false, invalidResponse("a cursor came twice: the list has no end", nil)
		}
		seen[list.NextCursor], page.Cursor = true, list.NextCursor
		return list.Data, list.HasMore, nil
	}}}
}

// PaymentIterator walks payments. It belongs to one goroutine.
type PaymentIterator struct{ pages[Payment] }

// Payment is the payment that Next went to.
func (it *PaymentIterator) Payment() *Payment { return it.current }

func (p *Payments) post(ctx context.Context, path string, body any, options []CallOption) (*Payment, error) {
	payment := new(Payment)
	if err := p.client.post(ctx, path, body, payment, options); err != nil {
		return nil, err
	}
	return payment.checked()
}

func (p *Payment) checked() (*Payment, error) {
	if p.PaymentID == "" || p.Status == "" {
		return nil, invalidResponse("the answer is no payment", nil)
	}
	return p, nil
}

// pages walks a list, a page at a time.
type pages[T any] struct {
	fetch   func(ctx context.Context) (page []T, more bool, err error)
	page    []T
	current *T
	more    bool
	err     error
}

// Next goes to the next one. It is false behind the last and after an error: Err tells which.
func (p *pages[T]) Next(ctx context.Context) bool {
	for p.err == nil && (len(p.page) > 0 || p.more) {
		if len(p.page) > 0 {
			p.current, p.page = &p.page[0], p.page[1:]
			return true
		}
		p.page, p.more, p.err = p.fetch(ctx)
	}
	return false
}

// Err is why the walk ended before its end; nil when it did not.
func (p *pages[T]) Err() error { return p.err }

// pathWith puts an id into a path. Dots would lead out of it.
func pathWith(before, id, behind string) (string, error) {
	if id == "" || id == "." || id == ".." {
		return "", invalidRequest("the id is empty or no id")
	}
	return before + url.PathEscape(id) + behind, nil
}
