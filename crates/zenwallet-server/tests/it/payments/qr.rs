//! `GET /api/payments/{id}/qr.png` and `qr.svg`

use crate::support::{PUBLIC_URL, TestApp, decode_png, scan};

both_databases! {
    both_pictures_are_read_as_the_payment_s_page,
    the_scale_has_bounds,
    a_code_may_be_kept,
    a_foreign_code_is_an_unknown_one,
}

async fn both_pictures_are_read_as_the_payment_s_page(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let page = format!("{PUBLIC_URL}/pay/{id}");
    let png = app.get(format!("/api/payments/{id}/qr.png")).key(&app.a).send().await.expect(200);
    assert_eq!(png.header("content-type"), "image/png");
    decode_png(&png.body);
    let svg = app.get(format!("/api/payments/{id}/qr.svg")).key(&app.a).send().await.expect(200);
    assert_eq!(svg.header("content-type"), "image/svg+xml");
    assert!(svg.text().starts_with("<svg") && svg.text().ends_with("</svg>"), "{}", svg.text());
    if let Some(read) = scan(&png.body, "png") {
        assert_eq!(read, page);
    }
    let small = app.get(format!("/api/payments/{id}/qr.png?scale=2")).key(&app.a).send().await.expect(200);
    if let Some(read) = scan(&small.body, "png") {
        assert_eq!(read, page);
    }
}

async fn the_scale_has_bounds(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let width = async |scale: u32| {
        let path = format!("/api/payments/{id}/qr.png?scale={scale}");
        decode_png(&app.get(path).key(&app.a).send().await.expect(200).body).0
    };
    let module = width(1).await;
    assert!((21..200).contains(&module), "{module}");
    assert_eq!(width(8).await, 8 * module);
    assert_eq!(width(32).await, 32 * module);
    let default = app.get(format!("/api/payments/{id}/qr.png")).key(&app.a).send().await.expect(200);
    assert_eq!(decode_png(&default.body).0, 8 * module);
    for kind in ["png", "svg"] {
        for scale in ["0", "33", "-1", "1.5", "x", "4294967296"] {
            let answer = app.get(format!("/api/payments/{id}/qr.{kind}?scale={scale}")).key(&app.a).send().await;
            assert_eq!(answer.expect_error(400, "parameter_out_of_range").error()["param"], "scale");
        }
        let answer = app.get(format!("/api/payments/{id}/qr.{kind}?size=5")).key(&app.a).send().await;
        answer.expect_error(400, "parameter_unknown");
        app.get(format!("/api/payments/{id}/qr.{kind}?scale=32")).key(&app.a).send().await.expect(200);
    }
    app.get(format!("/api/payments/{id}/qr.gif")).key(&app.a).send().await.expect_error(404, "route_unknown");
}

async fn a_code_may_be_kept(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    let path = format!("/api/payments/{id}/qr.svg");
    let first = app.get(&path).key(&app.a).send().await.expect(200);
    assert_eq!(first.header("cache-control"), "private, max-age=31536000, immutable");
    app.cancel(&app.a, &id).await.expect(200);
    assert_eq!(app.get(&path).key(&app.a).send().await.expect(200).body, first.body);
}

async fn a_foreign_code_is_an_unknown_one(app: TestApp) {
    let id = app.payment_of(&app.a).await;
    for kind in ["png", "svg"] {
        let answer = app.get(format!("/api/payments/{id}/qr.{kind}")).key(&app.b).send().await;
        answer.expect_error(404, "payment_not_found");
        app.get(format!("/api/payments/x/qr.{kind}")).key(&app.a).send().await.expect_error(404, "payment_not_found");
    }
}
