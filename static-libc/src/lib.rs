//! A program with glibc inside must not load the machine's modules for names.
//!
//! glibc looks names up by what /etc/nsswitch.conf lists, and loads a module for each word of it but `files` and `dns`,
//! which are inside. Such a module belongs to the machine's own glibc: where that is another one than the program was
//! linked with, the program dies (seen with Debian 13's `myhostname` and `mdns4_minimal`).

/// Has hosts looked up by /etc/hosts and DNS, users and groups by their files, whatever the machine lists. Does nothing
/// in a program that is linked with the machine's own glibc.
pub fn look_up_by_files_and_dns() {
    #[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
    inside::configure();
}

#[cfg(all(target_env = "gnu", target_feature = "crt-static"))]
#[expect(unsafe_code, reason = "glibc's own interface for this")]
mod inside {
    use std::ffi::{CStr, c_char, c_int};

    unsafe extern "C" {
        /// `nss.h`: uses `sources` for a database instead of what nsswitch.conf says.
        fn __nss_configure_lookup(database: *const c_char, sources: *const c_char) -> c_int;
    }

    const SOURCES: [(&CStr, &CStr); 4] = [
        (c"hosts", c"files dns"),
        (c"passwd", c"files"),
        (c"group", c"files"),
        (c"services", c"files"),
    ];

    pub(super) fn configure() {
        for (database, sources) in SOURCES {
            // SAFETY: both are strings that end with a zero and live for ever; glibc takes a lock of its own. What it
            // answers, that a name is none of its databases, cannot be.
            let _ = unsafe { __nss_configure_lookup(database.as_ptr(), sources.as_ptr()) };
        }
    }
}
