//! The pictures of a state: 24 by 24, drawn in the text's colour, always beside words.

/// Two sheets, beside what can be copied.
pub(super) const COPY: &str = "<svg viewBox=\"0 0 24 24\" width=\"16\" height=\"16\" fill=\"none\" stroke=\"currentColor\" \
    stroke-width=\"1.75\" stroke-linejoin=\"round\" aria-hidden=\"true\"><path d=\"M9 9h11v11H9zM15 9V4H4v11h5\"/></svg>";

/// How a page looks: its icon, its colour's class, and the tab's icon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// A clock.
    Pending,
    /// A check mark.
    Success,
    /// A cross.
    Failed,
    /// A ring of dashes.
    Expired,
}

impl Look {
    /// The class that colours it.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Pending => "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18M12 7v5l3 2",
            Self::Success => "M5 12.5l4.5 4.5L19 7.5",
            Self::Failed => "M6.5 6.5l11 11m0-11l-11 11",
            Self::Expired => "M12 3a9 9 0 1 1 0 18a9 9 0 1 1 0-18",
        }
    }

    const fn path_attributes(self) -> &'static str {
        match self {
            // The style sheet draws it once, along its length.
            Self::Success => " pathLength=\"1\"",
            Self::Expired => " stroke-dasharray=\"4 3.07\"",
            _ => "",
        }
    }

    /// The icon beside the state's words.
    pub(super) fn icon(self) -> String {
        format!(
            "<svg class=\"icon\" viewBox=\"0 0 24 24\" width=\"20\" height=\"20\" fill=\"none\" stroke=\"currentColor\" \
             stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\" aria-hidden=\"true\">\
             <path d=\"{}\"{}/></svg>",
            self.path(),
            self.path_attributes()
        )
    }

    /// The tab's icon, as an address that holds it.
    pub(super) fn favicon(self) -> String {
        let colour = match self {
            Self::Pending => "%232563b0",
            Self::Success => "%23117a3e",
            Self::Failed => "%23bb2a2a",
            Self::Expired => "%23616b70",
        };
        format!(
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='-4 -4 32 32'%3E\
             %3Crect x='-4' y='-4' width='32' height='32' rx='8' fill='{colour}'/%3E\
             %3Cpath d='{}' fill='none' stroke='%23fff' stroke-width='3'/%3E%3C/svg%3E",
            self.path()
        )
    }
}
