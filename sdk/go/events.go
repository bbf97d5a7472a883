package zenwallet

import "context"

// Events reads the app's log: every change of a payment, numbered without gaps.
type Events struct{ client *Client }

// List reads a page of events, oldest first; of nil, from the first that is kept.
func (e *Events) List(ctx context.Context, request *ListEvents) (*EventList, error) {
	list := new(EventList)
	if err := e.client.get(ctx, "/api/events", request.values(), list); err != nil {
		return nil, err
	}
	if list.Data == nil {
		return nil, invalidResponse("the answer is no page of events", nil)
	}
	return list, nil
}

// Get reads an event.
func (e *Events) Get(ctx context.Context, eventID string) (*Event, error) {
	path, err := pathWith("/api/events/", eventID, "")
	if err != nil {
		return nil, err
	}
	event := new(Event)
	if err := e.client.get(ctx, path, nil, event); err != nil {
		return nil, err
	}
	if event.EventID == "" {
		return nil, invalidResponse("the answer is no event", nil)
	}
	return event, nil
}

// ListAll walks every page up to the end of the log, each as it is needed. Limit is the size of a page.
func (e *Events) ListAll(request *ListEvents) *EventIterator {
	var page ListEvents
	if request != nil {
		page = *request
	}
	return &EventIterator{pages[Event]{more: true, fetch: func(ctx context.Context) ([]Event, bool, error) {
		list, err := e.List(ctx, &page)
		if err != nil {
			return nil, false, err
		}
		if list.HasMore && list.NextAfterSeq <= page.AfterSeq {
			return nil, false, invalidResponse("next_after_seq came twice: the list has no end", nil)
		}
		page.AfterSeq = list.NextAfterSeq
		return list.Data, list.HasMore, nil
	}}}
}

// EventIterator walks events. It belongs to one goroutine.
type EventIterator struct{ pages[Event] }

// Event is the event that Next went to.
func (it *EventIterator) Event() *Event { return it.current }
