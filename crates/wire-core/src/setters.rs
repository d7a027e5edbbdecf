//! What the configurations of the family are made with.

/// Writes by-value `const` setters: `name(value)` sets the field `name`. For the crates of the family.
#[doc(hidden)]
#[macro_export]
macro_rules! __setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        $($(#[$doc])* #[must_use] pub const fn $name(mut self, $name: $type) -> Self { self.$name = $name; self })*
    };
}
