//! One task at a time: two that start, stop or forget the same chain would take each other's node for their own.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::run::{self, Failure};

/// Nobody else has the lock until this is dropped, or the program that has it ends, however it ends.
#[must_use]
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// Waits until nobody has the lock on a file, and takes it. The file stays: whoever removes it lets two have a lock on two files.
pub fn hold(path: &Path) -> Result<Held, Failure> {
    let fail = |cause| run::file(path, cause);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|cause| run::file(folder, cause))?;
    }
    let file = File::options().append(true).create(true).open(path);
    let file = file.map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("waiting for another task, which holds {}", path.display());
            file.lock().map_err(fail)?;
        }
        Err(TryLockError::Error(cause)) => return Err(fail(cause)),
    }
    Ok(Held { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_under_the_lock_is_done_by_one_at_a_time() {
        let folder = std::env::temp_dir().join(format!("wicker-lock-{}", std::process::id()));
        let (lock, count) = (folder.join("new/lock"), folder.join("count"));
        run::write(&count, "0").unwrap();
        let one = || {
            for _ in 0..50 {
                let _held = hold(&lock).unwrap();
                let before: u64 = run::read(&count).unwrap().parse().unwrap();
                run::write(&count, &(before + 1).to_string()).unwrap();
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(one);
            }
        });
        assert_eq!(run::read(&count).unwrap(), "400");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn who_comes_second_waits_until_the_first_is_done() {
        let lock = std::env::temp_dir().join(format!("wicker-lock-{}.one", std::process::id()));
        let first = hold(&lock).unwrap();
        let other = File::open(&lock).unwrap();
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(first);
        assert!(other.try_lock().is_ok());
        std::fs::remove_file(lock).unwrap();
    }
}
