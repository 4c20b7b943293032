//! Token-based authentication: OAuth 1.0a with HMAC-SHA256, one signature for one request.
//!
//! RFC 5849 as NetSuite applies it: the realm is in the header and never signed, the path is signed as it is sent, query
//! parameters are decoded and encoded once more, and a JSON body takes no part.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::http::percent_encode;

/// The four secrets of token-based authentication and the account they belong to.
#[derive(Clone)]
pub struct Keys {
    /// The account id in realm form, e.g. `1234567_SB1`.
    pub realm: String,
    /// From the integration record.
    pub consumer_key: SecretString,
    /// From the integration record.
    pub consumer_secret: SecretString,
    /// From the access token.
    pub token_id: SecretString,
    /// From the access token.
    pub token_secret: SecretString,
}

impl Keys {
    /// Makes the `Authorization` header of one attempt. Nonce and timestamp (Unix seconds) must be fresh each time.
    pub fn authorization(&self, method: &str, url: &str, nonce: &str, timestamp: i64) -> String {
        let signature = encode(&self.signature(method, url, nonce, timestamp));
        format!(
            "OAuth realm=\"{}\", oauth_consumer_key=\"{}\", oauth_token=\"{}\", oauth_signature_method=\"HMAC-SHA256\", \
             oauth_timestamp=\"{timestamp}\", oauth_nonce=\"{nonce}\", oauth_version=\"1.0\", oauth_signature=\"{signature}\"",
            self.realm,
            encode(self.consumer_key.expose_secret()),
            encode(self.token_id.expose_secret()),
        )
    }

    fn signature(&self, method: &str, url: &str, nonce: &str, timestamp: i64) -> String {
        let timestamp = timestamp.to_string();
        let own = [
            ("oauth_consumer_key", self.consumer_key.expose_secret()),
            ("oauth_nonce", nonce),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", &timestamp),
            ("oauth_token", self.token_id.expose_secret()),
            ("oauth_version", "1.0"),
        ];
        let base = base_string(method, url, &own);
        let key = format!("{}&{}", encode(self.consumer_secret.expose_secret()), encode(self.token_secret.expose_secret()));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(base.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// Builds the text that is signed: method, address without query, and all parameters in order.
fn base_string(method: &str, url: &str, own: &[(&str, &str)]) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Vec<(String, String)> = own.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.push((percent_encode(&decode(name)), percent_encode(&decode(value))));
    }
    parameters.sort();
    let joined = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    format!("{method}&{}&{}", encode(&normalised(address)), encode(&joined))
}

/// Lowers scheme and host and drops a default port; the path stays as it is sent.
fn normalised(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", address));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = scheme.to_ascii_lowercase();
    let authority = authority.to_ascii_lowercase();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    format!("{scheme}://{}{path}", authority.strip_suffix(default_port).unwrap_or(&authority))
}

fn encode(text: &str) -> String {
    percent_encode(text.as_bytes())
}

/// Undoes percent-encoding; a stray `%` stands for itself.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(realm: &str, parts: [&str; 4]) -> Keys {
        let [consumer_key, consumer_secret, token_id, token_secret] = parts.map(SecretString::from);
        Keys { realm: realm.into(), consumer_key, consumer_secret, token_id, token_secret }
    }

    fn oracle() -> Keys {
        keys(
            "123456",
            [
                "ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4",
                "d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5",
                "2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc",
                "c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295",
            ],
        )
    }

    #[test]
    fn the_published_examples_agree() {
        let (nonce, timestamp) = ("fjaLirsIcCGVZWzBX0pg", 1_508_242_306);
        assert_eq!(
            oracle().signature(
                "GET",
                "https://123456.suitetalk.api.netsuite.com/services/rest/record/v1/employee/40",
                nonce,
                timestamp
            ),
            "B5OIWznZ2YP0OB7VrJrGkYsTh+8H+5T9Hag+o92q0zY="
        );
        // The publisher's page lost the leading plus of this one.
        let restlet = "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl\
                       ?script=6&deploy=1&customParam=someValue&testParam=someOtherValue";
        assert_eq!(oracle().signature("POST", restlet, nonce, timestamp), "+KK4SKNgz4ZiILGLwOMtfYlgcXSy1eis8ldE9X90azQ=");
    }

    #[test]
    fn the_restlet_base_string_agrees_with_the_published_one() {
        let own = [
            ("oauth_consumer_key", "ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4"),
            ("oauth_nonce", "fjaLirsIcCGVZWzBX0pg"),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", "1508242306"),
            ("oauth_token", "2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc"),
            ("oauth_version", "1.0"),
        ];
        let url = "https://123456.restlets.api.netsuite.com/app/site/hosting/restlet.nl\
                   ?script=6&deploy=1&customParam=someValue&testParam=someOtherValue";
        assert_eq!(
            base_string("POST", url, &own),
            "POST&https%3A%2F%2F123456.restlets.api.netsuite.com%2Fapp%2Fsite%2Fhosting%2Frestlet.nl\
             &customParam%3DsomeValue%26deploy%3D1\
             %26oauth_consumer_key%3Def40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4\
             %26oauth_nonce%3DfjaLirsIcCGVZWzBX0pg%26oauth_signature_method%3DHMAC-SHA256\
             %26oauth_timestamp%3D1508242306\
             %26oauth_token%3D2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc\
             %26oauth_version%3D1.0%26script%3D6%26testParam%3DsomeOtherValue"
        );
    }

    #[test]
    fn two_independent_implementations_agree_on_five_requests() {
        let keys = keys(
            "1234567_SB1",
            [
                "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809",
                "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
                "aa11bb22cc33dd44ee55ff660011223344556677889900aabbccddeeff001122",
                "99887766554433221100ffeeddccbbaa99887766554433221100ffeeddccbbaa",
            ],
        );
        let host = "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest";
        let restlets = "https://1234567-sb1.restlets.api.netsuite.com";
        let cases = [
            ("POST", format!("{host}/query/v1/suiteql?limit=1000&offset=2000"), "GnyV8IjVlBgcja/noiuRgGrRbaOpbr55V5IoCJzVscU="),
            (
                "GET",
                format!(
                    "{host}/record/v1/customer\
                     ?q=companyName%20CONTAIN%20%22O%27Neil%20%26%20S%C3%B6hne%22&limit=100&offset=0"
                ),
                "KKdUBU9AJtdp7aFafHM+FSzwW5NRiL6ZSulMlp5xROQ=",
            ),
            (
                "PUT",
                format!("{host}/record/v1/salesOrder/eid:WIZ-1001?replace=item"),
                "4Q6wcjQM+89y5Zd/Pzy0fk3DfqlVXsyVmqDK5DFuxQc=",
            ),
            (
                "POST",
                format!("{host}/record/v1/salesOrder/123/!transform/invoice"),
                "MEc8b/caZDcUdWBADaXkXBtRaXCNVeK03mgEYbDMMZg=",
            ),
            (
                "GET",
                format!(
                    "{restlets}/app/site/hosting/restlet.nl?script=customscript_wc_feed\
                     &deploy=customdeploy_wc_feed&page=2&since=2026-01-01T00%3A00%3A00Z&empty="
                ),
                "nS366UXBQPDbteid4xPuxeK38Aty4VjVqnO4VuUE3iQ=",
            ),
        ];
        for (method, url, expected) in cases {
            assert_eq!(keys.signature(method, &url, "Wz7kQ2mXc9LrT4vB8nJd", 1_767_225_600), expected, "{method} {url}");
        }
    }

    #[test]
    fn odd_characters_in_secrets_and_paths_agree_with_another_library() {
        let keys = keys("1234567_SB1", ["ck", "cs&+/=", "tk", "ts é"]);
        let host = "https://1234567-sb1.suitetalk.api.example.com/services/rest";
        assert_eq!(
            keys.signature("POST", &format!("{host}/query/v1/suiteql?limit=1000&offset=0"), "abc123", 1_700_000_000),
            "du4H2tOKgoPwmZb8TvHzsE5k9rTvafkyxW3TIw1kC98="
        );
        assert_eq!(
            keys.signature(
                "GET",
                &format!("{host}/record/v1/salesOrder/eid:A%20B?q=itemid%20IS%20%22a%2Bb%20c%22&expandSubResources=true"),
                "n-2",
                1_700_000_001
            ),
            "gJe60hvoz3FJ3SvjHkVxel4vKkWRvTsnvO2wQQZ2YXk="
        );
    }

    #[test]
    fn the_header_is_encoded_and_names_the_realm() {
        let url = "https://123456.suitetalk.api.netsuite.com/services/rest/record/v1/employee/40";
        let header = oracle().authorization("GET", url, "fjaLirsIcCGVZWzBX0pg", 1_508_242_306);
        assert!(header.starts_with("OAuth realm=\"123456\", oauth_consumer_key=\"ef40"));
        assert!(header.ends_with("oauth_signature=\"B5OIWznZ2YP0OB7VrJrGkYsTh%2B8H%2B5T9Hag%2Bo92q0zY%3D\""));
    }

    #[test]
    fn default_ports_are_not_signed_and_others_are() {
        assert_eq!(normalised("HTTPS://A.example:443/X"), "https://a.example/X");
        assert_eq!(normalised("http://127.0.0.1:8081/x"), "http://127.0.0.1:8081/x");
    }
}
