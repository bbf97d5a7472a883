//! The documentation at `/docs`: the Markdown of `docs/`, every error, the reference of the API, and a search over all
//! of it. Everything is inside the binary and works without scripts.

mod answer;
mod errors;
mod highlight;
mod html;
mod layout;
mod links;
mod llms;
mod markdown;
mod page;
mod pages;
mod parts;
mod reference;
mod schema;
mod search;
mod site;

use crate::edge::{ApiError, Query};
use crate::wire::docs::{DocsHit, DocsHits, docs_query_missing, parse_docs_query};
use answer::accepts;
use axum::extract::Path;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use layout::View;
use pages::PICTURES;
use site::{Form, Site};
use std::sync::{Arc, OnceLock};
use utoipa::openapi::OpenApi as Document;
use zenwallet_core::Code;

/// The site, written when it is first asked for: a start does not wait for it.
#[derive(Clone)]
struct Docs(Arc<Later>);

/// What the site is written from.
struct Later {
    site: OnceLock<Site>,
    document: fn() -> Document,
    url: String,
}

impl Docs {
    fn site(&self) -> &Site {
        self.0.site.get_or_init(|| Site::new(&(self.0.document)(), &self.0.url))
    }
}

/// The pages. `document` describes the API, `url` is where it is reached.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(document: fn() -> Document, url: &str) -> Router<S> {
    let url = url.trim_end_matches('/').to_owned();
    let docs = Docs(Arc::new(Later { site: OnceLock::new(), document, url }));
    let whole = |part: fn(&Site) -> &answer::Prepared| {
        let docs = docs.clone();
        get(async move |headers: HeaderMap| part(docs.site()).answer(&headers))
    };
    let mut router = Router::new()
        .route("/docs", whole(Site::front))
        .route("/docs/", get(async || Redirect::permanent("/docs")))
        .route("/docs/llms.txt", whole(Site::list))
        .route("/docs/llms-full.txt", whole(Site::full));
    for slug in pages::slugs() {
        for (path, form) in [(format!("/docs/{slug}"), Form::Html), (format!("/docs/{slug}.md"), Form::Markdown)] {
            let docs = docs.clone();
            let show = async move |headers: HeaderMap| match docs.site().page(slug, form) {
                Some(page) => page.answer(&headers),
                None => nothing(&docs, &Method::GET, &headers),
            };
            router = router.route(&path, get(show));
        }
    }
    let (found, told, missing) = (docs.clone(), docs.clone(), docs);
    router
        .route("/docs/search", get(async move |headers: HeaderMap, query: Query| search(&found, &headers, query)))
        .route("/docs/search.json", get(async move |query: Query| tell(&told, query)))
        .route(
            "/docs/assets/docs.css",
            get(async || answer::file("text/css; charset=utf-8", layout::STYLESHEET.as_bytes())),
        )
        .route(
            "/docs/assets/docs.js",
            get(async || answer::file("text/javascript; charset=utf-8", layout::SCRIPT.as_bytes())),
        )
        .route("/docs/assets/icon.svg", get(async || answer::file("image/svg+xml", layout::ICON.as_bytes())))
        .route("/docs/images/{name}", get(picture))
        .route(
            "/docs/{*path}",
            any(async move |method: Method, headers: HeaderMap| nothing(&missing, &method, &headers)),
        )
}

/// That there is no such page: in words for who reads, else as the API says it.
fn nothing(docs: &Docs, method: &Method, headers: &HeaderMap) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(method) && accepts(headers, "text/html");
    if !reads {
        return ApiError::new(Code::RouteUnknown).into_response();
    }
    let html = parts::nothing();
    let view = View { at: None, title: "No such page", main: &html, parts: &[], searches: false };
    answer::page(StatusCode::NOT_FOUND, layout::page(&docs.site().pages, &view))
}

async fn picture(Path(name): Path<String>) -> Response {
    match PICTURES.iter().find(|picture| picture.name == name) {
        Some(picture) => answer::file("image/png", picture.bytes),
        None => ApiError::new(Code::RouteUnknown).into_response(),
    }
}

/// What was found, as a page; as JSON for who asks for that alone.
fn search(docs: &Docs, headers: &HeaderMap, query: Query) -> Response {
    if accepts(headers, "application/json") && !accepts(headers, "text/html") {
        return tell(docs, query).into_response();
    }
    let site = docs.site();
    let (status, html) = match parse_docs_query(query.0.as_deref()) {
        Ok(query) => {
            let query = query.unwrap_or_default();
            let (hits, has_more) = if query.is_empty() { (Vec::new(), false) } else { site.index.find(&query) };
            (StatusCode::OK, parts::found(&query, &hits, has_more, None))
        }
        Err(refusals) if accepts(headers, "text/html") => {
            let why = refusals.first().map_or("", |refusal| &refusal.message);
            (StatusCode::BAD_REQUEST, parts::found("", &[], false, Some(why)))
        }
        Err(refusals) => return ApiError::from(refusals).into_response(),
    };
    let view = View { at: None, title: "Search", main: &html, parts: &[], searches: false };
    answer::page(status, layout::page(&site.pages, &view))
}

/// The same as JSON.
fn tell(docs: &Docs, Query(query): Query) -> Result<Response, ApiError> {
    let query = parse_docs_query(query.as_deref())?.ok_or_else(docs_query_missing)?;
    let (hits, has_more) = docs.site().index.find(&query);
    let data = hits.iter().map(|hit| DocsHit {
        object: "docs_hit",
        title: hit.title,
        page_title: hit.page,
        url: hit.url,
        excerpt: hit.excerpt,
    });
    let hits = DocsHits { object: "list", data: data.collect(), has_more, next_cursor: None };
    Ok(Json(hits).into_response())
}
