//! Tells the linker that Node provides its own functions when it loads the addon.

fn main() {
    napi_build::setup();
}
