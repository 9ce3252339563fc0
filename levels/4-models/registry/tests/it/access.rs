//! Users, tokens, and what they may do.

use reqwest::StatusCode;
use serde_json::json;

use crate::api::{Api, names, refused, well};

const ADMIN: &str = "an admin's password";
const ADA: &str = "ada's own password";
const BEN: &str = "ben's own password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_in_unknown() {
    let api = Api::with_users(ADMIN).await;
    assert_eq!(api.get("/health", &[]).await.0, StatusCode::OK);
    for stranger in [
        api.clone(),
        api.user("admin", "a wrong password"),
        api.user("nobody", ADMIN),
        api.token("strata_0000"),
        api.token(ADMIN),
    ] {
        let (status, body) = stranger.get("/registered-models/search", &[]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(body["text"].as_str().unwrap().starts_with("You are not authenticated."), "{body}");
    }
    well(api.user("admin", ADMIN).get("/registered-models/search", &[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permissions_hold() {
    let api = Api::with_users(ADMIN).await;
    let admin = api.user("admin", ADMIN);
    let made = well(admin.post("/users/create", json!({ "username": "ada", "password": ADA })).await);
    assert_eq!((&made["user"]["username"], &made["user"]["is_admin"]), (&json!("ada"), &json!(false)));
    well(admin.post("/users/create", json!({ "username": "ben", "password": BEN })).await);
    let again = admin.post("/users/create", json!({ "username": "ben", "password": BEN })).await;
    refused(again, 400, "RESOURCE_ALREADY_EXISTS", "User (username=ben) already exists.");
    let short = admin.post("/users/create", json!({ "username": "cy", "password": "short" })).await;
    refused(short, 400, "INVALID_PARAMETER_VALUE", "Password must be at least 12 characters.");

    let (ada, ben) = (api.user("ada", ADA), api.user("ben", BEN));
    let forbidden = |said: (StatusCode, serde_json::Value)| assert_eq!(said.0, StatusCode::FORBIDDEN, "{}", said.1);
    forbidden(ada.post("/users/create", json!({ "username": "cy", "password": ADA })).await);
    forbidden(ada.patch("/users/update-admin", json!({ "username": "ada", "is_admin": true })).await);
    forbidden(ada.get("/users/get", &[("username", "ben")]).await);
    forbidden(ada.get("/webhooks", &[]).await);
    assert_eq!(well(ada.get("/users/current", &[]).await)["user"]["username"], "ada");

    // Whoever makes a model manages it; others read it.
    well(ada.post("/registered-models/create", json!({ "name": "risk" })).await);
    let update = json!({ "name": "risk", "description": "d" });
    well(ada.patch("/registered-models/update", update.clone()).await);
    well(ben.get("/registered-models/get", &[("name", "risk")]).await);
    forbidden(ben.patch("/registered-models/update", update.clone()).await);
    let to_ben = |level: &str| {
        json!({
            "username": "ben", "resource_type": "registered_model", "resource_id": "risk", "permission": level,
        })
    };
    forbidden(ben.post("/users/permissions/grant", to_ben("MANAGE")).await);
    well(ada.post("/users/permissions/grant", to_ben("EDIT")).await);
    well(ben.patch("/registered-models/update", update.clone()).await);
    forbidden(ben.delete("/registered-models/delete", json!({ "name": "risk" })).await);

    // Grants go with a new name, and a search shows only what may be read.
    well(ada.post("/registered-models/rename", json!({ "name": "risk", "new_name": "risk2" })).await);
    well(ben.patch("/registered-models/update", json!({ "name": "risk2", "description": "e" })).await);
    let none = json!({ "name": "risk2", "username": "ben", "permission": "NO_PERMISSIONS" });
    well(ada.patch("/registered-models/permissions/update", none).await);
    forbidden(ben.get("/registered-models/get", &[("name", "risk2")]).await);
    well(ada.post("/model-versions/create", json!({ "name": "risk2", "source": "s3://bucket/m" })).await);
    let found = well(ada.get("/registered-models/search", &[]).await);
    assert_eq!(names(&found["registered_models"]), ["risk2"]);
    let found = well(ben.get("/registered-models/search", &[]).await);
    assert!(names(&found["registered_models"]).is_empty());
    let found = well(ben.get("/model-versions/search", &[]).await);
    assert!(names(&found["model_versions"]).is_empty());

    // Of what is gone nothing remains.
    well(ada.delete("/registered-models/delete", json!({ "name": "risk2" })).await);
    well(admin.post("/registered-models/create", json!({ "name": "risk2" })).await);
    well(ben.get("/registered-models/get", &[("name", "risk2")]).await);
    forbidden(ada.patch("/registered-models/update", json!({ "name": "risk2", "description": "f" })).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_and_passwords_end() {
    let api = Api::with_users(ADMIN).await;
    let admin = api.user("admin", ADMIN);
    well(admin.post("/users/create", json!({ "username": "ada", "password": ADA })).await);
    let ada = api.user("ada", ADA);
    let token = async |lifetime: Option<i64>| {
        let said = well(ada.post("/users/tokens/create", json!({ "name": "ci", "lifetime_seconds": lifetime })).await);
        api.token(said["token"].as_str().unwrap())
    };
    let (kept, expired) = (token(None).await, token(Some(-1)).await);
    assert_eq!(well(kept.get("/users/current", &[]).await)["user"]["username"], "ada");
    assert_eq!(expired.get("/users/current", &[]).await.0, StatusCode::UNAUTHORIZED);

    let new = "ada's second password";
    let wrong = json!({ "username": "ada", "password": new, "current_password": "a wrong password" });
    assert!(ada.patch("/users/update-password", wrong).await.0.is_client_error());
    let right = json!({ "username": "ada", "password": new, "current_password": ADA });
    well(ada.patch("/users/update-password", right).await);
    assert_eq!(ada.get("/users/current", &[]).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(kept.get("/users/current", &[]).await.0, StatusCode::UNAUTHORIZED, "a token ends with the password");
    let ada = api.user("ada", new);
    well(ada.get("/users/current", &[]).await);
    well(admin.delete("/users/delete", json!({ "username": "ada" })).await);
    assert_eq!(ada.get("/users/current", &[]).await.0, StatusCode::UNAUTHORIZED);
}
