//! Folders, whole.

use std::path::{Path, PathBuf};

use crate::run::{self, Failure};

/// Removes a folder where there is one.
pub fn remove(folder: &Path) -> Result<(), Failure> {
    if !folder.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(folder).map_err(|cause| run::file(folder, cause))
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    for file in below(from)? {
        let target = to.join(file.strip_prefix(from).unwrap_or(&file));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| run::file(folder, cause))?;
        }
        std::fs::copy(&file, &target).map_err(|cause| run::file(&file, cause))?;
    }
    Ok(())
}

/// Every file below a folder, in order.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let fail = |cause| run::file(&folder, cause);
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
